import type { Item } from '../connector.js';
import { pathOf } from './address.js';
import type { SiteMemory } from './siteMemory.js';
import type { Visit } from './visit.js';

export type Walk = {
  /** Where to go first, in this order. */
  start: readonly string[];
  /** At most so many pages are asked for. */
  most: number;
  /** How many are asked for at once. */
  width: number;
  visit: (address: string) => Promise<Visit>;
  /** Whether a page of this address may be read. */
  wants: (address: string) => boolean;
  /** Whether to go on to what a page links to. */
  follow: boolean;
  memory: SiteMemory;
  expect: (total: number) => void;
};

/**
 * Goes from page to page, breadth first. Several are asked for ahead, but they are taken in the order in
 * which they were found: so that a site with more pages than may be read shows the same ones every time.
 */
export async function* walk({ start, most, width, visit, wants, follow, memory, expect }: Walk) {
  const found = new Set(start);
  const queue = [...found];
  const keys = new Set<string>();
  const ahead: { address: string; visited: Promise<Visit> }[] = [];
  let asked = 0;
  while (true) {
    while (ahead.length < width && asked < most && queue.length) {
      const address = queue.shift()!;
      const visited = visit(address);
      // Whether it failed is seen when its turn comes.
      visited.catch(() => {});
      ahead.push({ address, visited });
      asked++;
    }
    const next = ahead.shift();
    if (!next) return;
    const outcome = await next.visited;
    if ('url' in outcome) found.add(outcome.url);
    for (const link of follow ? linksOf(outcome) : []) {
      if (found.has(link) || !wants(link)) continue;
      found.add(link);
      queue.push(link);
    }
    expect(Math.min(most, found.size));
    const item = itemFrom(next.address, outcome, { wants, memory });
    const isNew = item !== null && !keys.has(item.key);
    if (outcome.kind === 'same') memory.keep(next.address);
    if (outcome.kind === 'page' && !(isNew && item.key === next.address))
      memory.note(next.address, { ...outcome.memo, key: item?.key ?? null });
    if (!isNew) continue;
    keys.add(item.key);
    yield item.item;
  }
}

function linksOf(visit: Visit): readonly string[] {
  if (visit.kind === 'page') return visit.page.links;
  return visit.kind === 'same' ? visit.links : [];
}

type Keyed = { key: string; item: Item };

function itemFrom(
  address: string,
  visit: Visit,
  { wants, memory }: Pick<Walk, 'wants' | 'memory'>,
): Keyed | null {
  if (visit.kind === 'none') return null;
  if (visit.kind === 'failed') return { key: visit.key, item: visit };
  // A redirect may have led to where no link would have been followed.
  if (!wants(visit.url)) return null;
  if (visit.kind === 'same')
    return visit.key === null ? null : { key: visit.key, item: { kind: 'same', key: visit.key } };
  const { url, page, memo } = visit;
  if (page.needsScript) {
    const key = memory.keyOf(address);
    return { key, item: { kind: 'failed', key, reason: 'the page shows nothing without JavaScript' } };
  }
  if (page.noindex || !page.text) return null;
  const key = page.canonical && isOnSite(page.canonical, url) ? page.canonical : url;
  const row = {
    key,
    title: page.title || pathOf(url),
    text: page.text,
    url: key,
    memo: memory.besideRow(memo),
  };
  return { key, item: { kind: 'row', row } };
}

function isOnSite(address: string, url: string): boolean {
  return new URL(address).origin === new URL(url).origin;
}
