import type { Item, Row } from '../connector.js';
import { pathOf } from './address.js';
import type { SiteMemory } from './siteMemory.js';
import type { Visit } from './visit.js';

/** What the sync is told of a page. */
export type PageItem =
  | { kind: 'row'; row: Row & { key: string } }
  | Extract<Item, { kind: 'same' }>
  | Extract<Item, { kind: 'failed' }>;

/** There is no row to be had at an address. */
type NoItem = { kind: 'none'; why: string };

/** What became of a visit to an address. */
export function pageItem(address: string, visit: Visit, memory: SiteMemory): PageItem | NoItem {
  switch (visit.kind) {
    case 'none':
      return { kind: 'none', why: visit.reason };
    case 'failed':
      return { kind: 'failed', key: visit.key, reason: visit.reason };
    case 'same':
      return visit.key === null
        ? { kind: 'none', why: visit.why ?? 'without text, or not to be indexed' }
        : { kind: 'same', key: visit.key };
    case 'page':
      return fromPage(address, visit, memory);
  }
}

export function keyOf(item: PageItem): string {
  return item.kind === 'row' ? item.row.key : item.key;
}

function fromPage(
  address: string,
  { url, page, memo }: Extract<Visit, { kind: 'page' }>,
  memory: SiteMemory,
): PageItem | NoItem {
  if (page.needsScript)
    return {
      kind: 'failed',
      key: memory.keyOf(address),
      reason: 'the page shows nothing without JavaScript',
    };
  if (page.noindex) return { kind: 'none', why: 'not to be indexed (noindex)' };
  if (!page.text) return { kind: 'none', why: 'without text' };
  const key = page.canonical && isOnSite(page.canonical, url) ? page.canonical : url;
  const title = page.title || pathOf(url);
  return { kind: 'row', row: { key, title, text: page.text, url: key, memo: memory.besideRow(memo) } };
}

function isOnSite(address: string, url: string): boolean {
  return new URL(address).origin === new URL(url).origin;
}
