import { createHash } from 'node:crypto';
import type { Item, Memo } from '../connector.js';
import { shortened } from '../fields.js';
import { fingerprint } from '../memory.js';
import { bodyOf } from './blocks.js';
import { completed } from './completed.js';
import { fieldsOf, type Page, titleOf } from './properties.js';
import type { Workspace } from './workspace.js';

/** What is remembered beside a row. `edited` is null where it would not show that the page has changed. */
export type PageMemo = {
  title: string;
  edited: string | null;
  properties: string;
  pages: string[];
  databases: string[];
};

const reader = fingerprint('notion');
// Notion tells edits by the minute: what was edited within the last is read again the next time.
const settledAfter = 2 * 60_000;

/**
 * The page as a row; as `same` if it was not edited since it was remembered; no item at all if nothing is on it.
 * `inside` are the pages and databases that lie on it.
 */
export async function pageRow(
  page: Page,
  memo: (Memo & PageMemo) | null,
  notion: Workspace,
  what: string,
): Promise<{ item: Item | null; inside: Pick<PageMemo, 'pages' | 'databases'> }> {
  // Formulas and rollups change, and people and options are renamed, without the page being edited.
  const properties = digestOf([titleOf(page), page.url, fieldsOf(page)]);
  const isKnown = memo?.reader === reader && memo.properties === properties;
  if (isKnown && memo.edited === page.last_edited_time)
    return { item: { kind: 'same', key: page.id }, inside: memo };
  const isSettled = isBefore(page.last_edited_time, notion.now());
  const whole = await completed(page, notion, what);
  const { isSynced, text: body, ...inside } = await bodyOf(page.id, notion, what);
  const fields = fieldsOf(whole).map(([name, value]) => `${name}: ${value}`);
  const title = shortened(titleOf(whole));
  const text = [fields.join('\n'), body].filter(Boolean).join('\n\n');
  if (!title && !text) return { item: null, inside };
  const edited = isSettled && !isSynced ? page.last_edited_time : null;
  const row = {
    key: page.id,
    title: title || 'Untitled',
    text,
    url: /^https?:\/\//.test(page.url) ? page.url : null,
    memo: { reader, title, edited, properties, ...inside },
  };
  return { item: { kind: 'row', row }, inside };
}

function isBefore(edited: string, now: number | null): boolean {
  return now === null || now - Date.parse(edited) > settledAfter;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}
