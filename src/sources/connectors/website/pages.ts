import { type Item, SourceError, type Surroundings, type Verdict } from '../connector.js';
import type { Config } from '../website.js';
import { mayBePage, normalised } from './address.js';
import { type Asides, asides } from './asides.js';
import { likeness } from './globs.js';
import { politely } from './polite.js';
import { type Robots, robotsOf } from './robots.js';
import { siteMemory } from './siteMemory.js';
import { addressesIn } from './sitemap.js';
import { type Visit, visit } from './visit.js';
import { beyondLimit, type Walk, walk } from './walk.js';

export async function* read(config: Config, around: Surroundings): AsyncGenerator<Item> {
  const memory = siteMemory(around, config.selector ?? null);
  const beside = asides(around);
  const visiting = { ...around, memory, selector: config.selector };
  const ask = (address: string) => visit(address, visiting);
  const pages = await (config.mode === 'sitemap' ? fromSitemap : fromStart)(config, around, beside, ask);
  let rows = 0;
  for await (const item of walk({ ...pages, ...around, memory })) {
    rows++;
    yield item;
  }
  if (!rows) throw new SourceError(`no page with text was found at ${config.url}`);
  yield { kind: 'memo', memo: { ...memory.besideSource(), ...beside.memo() } };
}

type Ask = (address: string) => Promise<Visit>;
type Pages = Omit<Walk, 'memory' | keyof Surroundings>;

async function fromStart(config: Config, around: Surroundings, beside: Asides, ask: Ask): Promise<Pages> {
  const start = normalised(config.url);
  let robots = await robotsOf(new URL(start).origin, beside);
  mustBeAllowed(start, robots);
  const first = await ask(start);
  if (first.kind === 'none' || first.kind === 'failed') throw new SourceError(first.reason);
  const { origin } = new URL(first.url);
  if (origin !== new URL(start).origin) {
    robots = await robotsOf(origin, beside);
    mustBeAllowed(first.url, robots);
  }
  const isOne = config.mode === 'page';
  if (first.kind === 'page') mustHaveText(first.page, isOne);
  return {
    start: [start],
    most: isOne ? 1 : config.maxPages,
    follow: !isOne,
    wants: isOne ? () => true : wanted(new Map([[origin, robots]]), config, around).wants,
    ...politely(robots, around.signal, (address) =>
      address === start ? Promise.resolve(first) : ask(address),
    ),
  };
}

async function fromSitemap(config: Config, around: Surroundings, beside: Asides, ask: Ask): Promise<Pages> {
  const { origin, pathname } = new URL(config.url);
  let robots = await robotsOf(origin, beside);
  const sites: Sites = new Map([[origin, robots]]);
  const own = robots.sitemaps.length ? robots.sitemaps : [`${origin}/sitemap.xml`];
  const sitemaps = pathname === '/' ? own : [config.url];
  // A site that has moved to https or to www has its pages there.
  const arrive = async (url: string) => {
    const { origin: there } = new URL(url);
    if (there === new URL(sitemaps[0]!).origin || sites.has(there)) return;
    robots = await robotsOf(there, beside);
    sites.set(there, robots);
  };
  const { wants, firstLeft } = wanted(sites, config, around);
  const most = config.maxPages;
  const beyond = (address: string) => around.consider?.(address, beyondLimit(most));
  const { pages, named } = await addressesIn(sitemaps, beside, { most, wants, beyond, arrive });
  if (named > pages.length && pages.length === most)
    around.remark?.(
      `The sitemap names more than the ${most} pages that may be read: the page limit can be raised.`,
    );
  const left = firstLeft();
  if (left && pages.length === 0) {
    const all = named === 1 ? 'the page' : `all ${named.toLocaleString('en')} pages`;
    throw new SourceError(`${all} that the sitemap names would be left out: ${left.address} is ${left.why}`);
  }
  return { start: pages, most, follow: false, wants, ...politely(robots, around.signal, ask) };
}

/** The origins that are read, each with what its robots.txt says. */
type Sites = Map<string, Robots>;

/** Whether a page may be read, and shall be; whoever considers hears why. */
function wanted(sites: Sites, config: Config, { consider }: Pick<Surroundings, 'consider'>) {
  const like = likeness(config);
  const isNamed = config.mode === 'sitemap';
  let first: { address: string; why: string | null } | null = null;
  return {
    wants: (address: string): boolean => {
      const verdict = barred(address, sites, isNamed) ?? like(address);
      consider?.(address, verdict);
      if (verdict.kind !== 'wanted') first ??= { address, why: verdict.why };
      return verdict.kind === 'wanted';
    },
    firstLeft: () => first,
  };
}

function barred(address: string, sites: Sites, isNamed: boolean): Verdict | null {
  const { origin } = new URL(address);
  const robots = sites.get(origin);
  if (!robots) {
    const kind = isNamed || isNearby(address, sites) ? 'barred' : 'elsewhere';
    return { kind, why: `on another site, ${origin}` };
  }
  if (!mayBePage(address)) return { kind: 'barred', why: 'a file by its name, no page' };
  return robots.allows(address) ? null : { kind: 'barred', why: 'not allowed by robots.txt' };
}

/** With www. or without, it is the same site to its owner. */
function isNearby(address: string, sites: Sites): boolean {
  const bare = (url: string) => new URL(url).hostname.replace(/^www\./, '');
  return [...sites.keys()].some((origin) => bare(origin) === bare(address));
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
