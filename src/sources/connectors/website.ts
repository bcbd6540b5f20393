import { setTimeout as wait } from 'node:timers/promises';
import { load } from 'cheerio';
import { z } from 'zod';
import { webAddress } from './config.js';
import { type Connector, type Item, SourceError, type Surroundings } from './connector.js';
import { mayBePage, normalised, pathFilter } from './website/address.js';
import { type Robots, robotsOf } from './website/robots.js';
import { siteMemory } from './website/siteMemory.js';
import { addressesIn } from './website/sitemap.js';
import { type Visit, visit } from './website/visit.js';
import { type Walk, walk } from './website/walk.js';

const globs = z.array(z.string().trim().min(1).max(300)).max(100).optional();

const config = z.strictObject({
  url: webAddress,
  mode: z.enum(['page', 'crawl', 'sitemap'], 'must be page, crawl or sitemap').default('crawl'),
  /** At most so many pages are asked for. */
  maxPages: z.int().min(1).max(50_000).default(500),
  /** Globs on the path of a page, see `pathFilter`. */
  include: globs,
  exclude: globs,
  /** CSS selector of the main text. */
  selector: z.string().trim().min(1).max(500).refine(isSelector, 'must be a CSS selector').optional(),
});

type Config = z.output<typeof config>;

/** A row is a page: one, those that links lead to from it, or those in a sitemap. */
export const website: Connector<Config> = {
  type: 'website',
  config,
  async *read(config, around): AsyncGenerator<Item> {
    const memory = siteMemory(around, config.selector ?? null);
    const visiting = { ...around, memory, selector: config.selector };
    const ask = (address: string) => visit(address, visiting);
    const pages =
      config.mode === 'sitemap' ? fromSitemap(config, around, ask) : fromStart(config, around, ask);
    let rows = 0;
    for await (const item of walk({ ...(await pages), memory, expect: around.expect })) {
      rows++;
      yield item;
    }
    if (!rows) throw new SourceError(`no page with text was found at ${config.url}`);
    yield { kind: 'memo', memo: memory.besideSource() };
  },
};

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

function isSelector(text: string): boolean {
  try {
    load('<p>')(text);
    return true;
  } catch {
    return false;
  }
}
