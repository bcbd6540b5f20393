import { createHash } from 'node:crypto';
import { folderOf } from './address.js';
import { keyOf, type PageItem } from './pageItem.js';
import type { Visit } from './visit.js';

/**
 * Pages with the same title and text whose addresses differ in their query only are one. Gives each item the key of
 * the first of them, and the row what it is recognised by the next time.
 */
export function twins() {
  const known = new Map<string, string>();
  return (item: PageItem, visit: Visit): { key: string; item: PageItem } => {
    const own = keyOf(item);
    const twin = item.kind === 'row' ? digestOf(item.row) : visit.kind === 'same' ? visit.twin : null;
    if (twin === null || item.kind === 'failed') return { key: own, item };
    known.set(twin, known.get(twin) ?? own);
    const key = known.get(twin)!;
    if (item.kind !== 'row') return { key, item };
    return { key, item: { ...item, row: { ...item.row, memo: { ...item.row.memo, twin } } } };
  };
}

type Read = Extract<PageItem, { kind: 'row' }>['row'];

function digestOf({ key, title, text }: Read): string {
  const digest = createHash('sha256').update(JSON.stringify([folderOf(key), title, text]));
  return digest.digest('base64url').slice(0, 22);
}
