import type { Surroundings, Verdict } from '../connector.js';
import { pathOf } from './address.js';
import { type PageItem, pageItem } from './pageItem.js';
import type { SiteMemory } from './siteMemory.js';
import { twins } from './twins.js';
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
} & Pick<Surroundings, 'expect' | 'consider' | 'remark'>;

/**
 * Goes from page to page, breadth first. Several are asked for ahead, but they are taken in the order in
 * which they were found: so that a site with more pages than may be read shows the same ones every time.
 */
export async function* walk(walk: Walk): AsyncGenerator<PageItem> {
  const { start, most, width, visit, wants, follow, memory, expect, consider, remark } = walk;
  const found = new Set(start);
  const queue = [...found];
  const keys = new Set<string>();
  const recognised = twins();
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
    if (!next) break;
    const outcome = await next.visited;
    if ('url' in outcome) found.add(outcome.url);
    for (const link of follow ? linksOf(outcome) : []) {
      if (found.has(link) || !wants(link)) continue;
      found.add(link);
      queue.push(link);
    }
    expect(Math.min(most, found.size));
    // A redirect may have led to where no link would have been followed.
    const isWanted = !('url' in outcome) || wants(outcome.url);
    const told = isWanted ? pageItem(next.address, outcome, memory) : null;
    const { item = null, key = null } = told && told.kind !== 'none' ? recognised(told, outcome) : {};
    const isNew = key !== null && !keys.has(key);
    if (outcome.kind !== 'page' || item?.kind === 'failed') memory.keep(next.address);
    else if (!isNew || key !== next.address)
      memory.note(next.address, { ...outcome.memo, key, ...(told?.kind === 'none' && { why: told.why }) });
    const why =
      told?.kind === 'none' ? told.why : isNew ? null : whyNotItsOwn(next.address, key, outcome, isWanted);
    if (why !== null) consider?.(next.address, { kind: 'barred', why });
    if (outcome.kind === 'page' && outcome.page.lacksSelected)
      remark?.(`The selector finds nothing on ${pathOf(outcome.url)}: its main part was taken instead.`);
    if (!item || !key || !isNew) continue;
    keys.add(key);
    yield item;
  }
  for (const address of queue) if (!keys.has(address)) consider?.(address, beyondLimit(most));
}

/** What is found after so many pages were asked for. */
export const beyondLimit = (most: number): Verdict => ({
  kind: 'barred',
  why: `beyond the limit of ${most.toLocaleString('en')} ${most === 1 ? 'page' : 'pages'}`,
});

/** Null for an address that a row is known by, although another one led to it first. */
function whyNotItsOwn(address: string, key: string | null, visit: Visit, isWanted: boolean): string | null {
  if (!isWanted && 'url' in visit && visit.url !== address) return `leads to ${visit.url}, which is left out`;
  return key === null || key === address ? null : `the same page as ${key}`;
}

function linksOf(visit: Visit): readonly string[] {
  if (visit.kind === 'page') return visit.page.links;
  return visit.kind === 'same' ? visit.links : [];
}
