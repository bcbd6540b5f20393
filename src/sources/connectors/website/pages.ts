import { setTimeout as wait } from 'node:timers/promises';
import { type Item, SourceError, type Surroundings } from '../connector.js';
import type { Config } from '../website.js';
import { mayBePage, normalised, pathFilter } from './address.js';
import { type Robots, robotsOf } from './robots.js';
import { siteMemory } from './siteMemory.js';
import { addressesIn } from './sitemap.js';
import { type Visit, visit } from './visit.js';
import { type Walk, walk } from './walk.js';

export async function* read(config: Config, around: Surroundings): AsyncGenerator<Item> {
  const memory = siteMemory(around, config.selector ?? null);
  const visiting = { ...around, memory, selector: config.selector };
  const ask = (address: string) => visit(address, visiting);
  const pages = config.mode === 'sitemap' ? fromSitemap(config, around, ask) : fromStart(config, around, ask);
  let rows = 0;
  for await (const item of walk({ ...(await pages), memory, expect: around.expect })) {
    rows++;
    yield item;
  }
  if (!rows) throw new SourceError(`no page with text was found at ${config.url}`);
  yield { kind: 'memo', memo: memory.besideSource() };
}

type Ask = (address: string) => Promise<Visit>;
type Pages = Omit<Walk, 'memory' | 'expect'>;

async function fromStart(config: Config, around: Surroundings, ask: Ask): Promise<Pages> {
  const start = normalised(config.url);
  let robots = await robotsOf(new URL(start).origin, around);
  mustBeAllowed(start, robots);
  const first = await ask(start);
  if (first.kind === 'none' || first.kind === 'failed') throw new SourceError(first.reason);
  const { origin } = new URL(first.url);
  if (origin !== new URL(start).origin) {
    robots = await robotsOf(origin, around);
    mustBeAllowed(first.url, robots);
  }
  const isOne = config.mode === 'page';
  if (first.kind === 'page') mustHaveText(first.page, isOne);
  return {
    start: [start],
    most: isOne ? 1 : config.maxPages,
    follow: !isOne,
    wants: isOne ? () => true : pagesOf(origin, config, robots),
    ...politely(robots, around.signal, (address) =>
      address === start ? Promise.resolve(first) : ask(address),
    ),
  };
}

async function fromSitemap(config: Config, around: Surroundings, ask: Ask): Promise<Pages> {
  const { origin, pathname } = new URL(config.url);
  const robots = await robotsOf(origin, around);
  const wants = pagesOf(origin, config, robots);
  const named = robots.sitemaps.length ? robots.sitemaps : [`${origin}/sitemap.xml`];
  const sitemaps = pathname === '/' ? named : [config.url];
  const start = await addressesIn(sitemaps, around, { most: config.maxPages, wants });
  return { start, most: config.maxPages, follow: false, wants, ...politely(robots, around.signal, ask) };
}

/** Four at a time, or one after the other with a pause where the site asks for one. */
function politely({ delay }: Robots, signal: AbortSignal, ask: Ask): Pick<Walk, 'visit' | 'width'> {
  if (!delay) return { visit: ask, width: 4 };
  const visit = async (address: string) => {
    await wait(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
    return ask(address);
  };
  return { visit, width: 1 };
}

function pagesOf(origin: string, { include, exclude }: Config, robots: Robots): (address: string) => boolean {
  const matches = pathFilter(include, exclude);
  return (address) =>
    new URL(address).origin === origin && mayBePage(address) && matches(address) && robots.allows(address);
}

function mustBeAllowed(address: string, robots: Robots): void {
  if (!robots.allows(address)) throw new SourceError(`robots.txt does not allow Hookbell to read ${address}`);
}

function mustHaveText(
  { needsScript, noindex, text }: { needsScript: boolean; noindex: boolean; text: string },
  isOne: boolean,
) {
  if (needsScript) throw new SourceError('the page shows nothing without JavaScript');
  if (isOne && noindex) throw new SourceError('the page asks not to be indexed (noindex)');
  if (isOne && !text) throw new SourceError('there is no text on the page');
}
