import type { Memo, Surroundings } from '../connector.js';
import { fingerprint } from '../memory.js';

/** What is remembered of a page: enough to ask whether it has changed, and to crawl on if it has not. */
export type PageMemo = {
  etag: string | null;
  lastModified: string | null;
  links: string[];
  /** By what its twins are recognised. */
  twin?: string;
};

/**
 * What is remembered of an address that has no row of its own; `key` is that of the row it is part of, and `why` there
 * is none.
 */
type Note = PageMemo & { key: string | null; why?: string };

export type SiteMemory = ReturnType<typeof siteMemory>;

/**
 * Most of what is remembered lies beside the rows. Beside the source lie only the addresses that no row is
 * known by: those of pages with another canonical address, those redirected, those not to be indexed.
 */
export function siteMemory({ memo, recall }: Pick<Surroundings, 'memo' | 'recall'>, reading: unknown) {
  const reader = fingerprint(reading);
  const past = new Map<string, Note>(memo?.reader === reader ? (memo.pages as [string, Note][]) : []);
  const pages = new Map<string, Note>();
  return {
    /** What is known of an address, if anything. */
    async of(address: string): Promise<Note | null> {
      const note = past.get(address);
      if (note && note.key === null) return note;
      const remembered = await recall(note?.key ?? address);
      // Without its row a page is to be read, whatever else is known of it.
      if (remembered?.reader !== reader) return null;
      const beside = remembered as Memo & PageMemo;
      return note ? { ...note, twin: beside.twin } : { ...beside, key: address };
    },
    /** The key an address had the last time. */
    keyOf: (address: string): string => past.get(address)?.key ?? address,
    note: (address: string, note: Note): void => void pages.set(address, note),
    /** What was noted the last time still holds. */
    keep(address: string): void {
      const note = past.get(address);
      if (note) pages.set(address, note);
    },
    besideRow: (memo: PageMemo): Memo => ({ reader, ...memo }),
    besideSource: (): Memo => ({ reader, pages: [...pages] }),
  };
}
