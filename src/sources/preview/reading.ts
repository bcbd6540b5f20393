import { tooLarge } from '../../net/body.js';
import {
  type Connector,
  type Item,
  SourceError,
  type Surroundings,
  type Verdict,
} from '../connectors/connector.js';
import type { Problem } from './schema.js';

/** Times in ms, sizes in bytes: what a preview may take, which is less than a sync may. */
export const limits = { time: 10_000, bytes: 20 * 1024 * 1024 };

/** Of the items of a source so many are read, where each costs a request; in others, so many are looked through. */
const mostRead: Record<string, number> = { website: 3, notion: 5 };
const most = { read: 200, rows: 5, problems: 10, remarks: 3, addresses: 2000, characters: 300 };

export type PreviewRow = {
  title: string;
  /** Null: the row is known by its content. */
  key: string | null;
  url: string | null;
  /** Of the first row of an uploaded file: its name. */
  file?: string;
  /** How its text begins. */
  text: string;
  /** Of the whole text. */
  characters: number;
};

export type Candidate = { address: string } & Verdict;

export type Preview = {
  rows: PreviewRow[];
  problems: Problem[];
  /** Sentences on what is probably not meant. */
  remarks: string[];
  /** How many rows were read, good or not; or files, of those that were uploaded. */
  read: number;
  /** How many were uploaded, where the first row of each is shown. */
  files?: number;
  /** How many there seem to be, where that can be told. */
  expected: number | null;
  /** There are no others. */
  isWhole: boolean;
  /** Why the source cannot be read, or not further than to these rows. */
  reason: string | null;
  /** What a website leads to, and whether it is read; null for other types. */
  addresses: Candidate[] | null;
};

export type Around = Pick<Surroundings, 'fetch' | 'files' | 'signal'>;

/** The first rows of a source, as a sync would read them. An abort of the signal ends it with what was read by then. */
export async function previewOf(
  { type, read }: Pick<Connector, 'type' | 'read'>,
  config: unknown,
  around: Around,
): Promise<Preview> {
  const found = noted();
  let expected: number | null = null;
  let isWhole = false;
  let reason: string | null = null;
  const items = read(config, {
    ...around,
    ...found.hears,
    memo: null,
    recall: async () => null,
    expect: (total) => {
      expected = total;
    },
  });
  try {
    isWhole = await takeIn(items, mostRead[type] ?? most.read, found.take);
  } catch (error) {
    if (!around.signal.aborted && !(error instanceof SourceError)) throw error;
    reason = around.signal.aborted ? tooSlow(found.count()) : inWords(error as SourceError);
  }
  // Of pages that lead to one another, nobody knows how many there will be.
  const isCounted = !(type in mostRead);
  return { ...found.result(), expected: isCounted ? expected : null, isWhole, reason };
}

/** True when the items ended by themselves. */
async function takeIn(
  items: AsyncIterable<Item>,
  most: number,
  take: (item: Item) => number,
): Promise<boolean> {
  for await (const item of items) if (take(item) >= most) return false;
  return true;
}

function noted() {
  const rows: PreviewRow[] = [];
  const problems: Problem[] = [];
  const remarks = new Set<string>();
  const addresses = new Map<string, Verdict>();
  const keys = new Set<string>();
  let read = 0;

  function fail(problem: Problem): void {
    if (problems.length < most.problems) problems.push(problem);
  }

  return {
    hears: {
      remark: (sentence: string) => void (remarks.size < most.remarks && remarks.add(sentence)),
      consider: (address: string, verdict: Verdict) =>
        void ((addresses.has(address) || addresses.size < most.addresses) && addresses.set(address, verdict)),
    },

    /** How many rows were read so far. */
    take(item: Item): number {
      if (item.kind !== 'row' && item.kind !== 'failed') return read;
      read++;
      const key = item.kind === 'row' ? (item.row.key ?? null) : item.key;
      if (item.kind === 'failed') fail({ key: item.key, reason: item.reason });
      else if (key !== null && keys.has(key))
        fail({ key, reason: `“${key}” is there more than once; the first is taken` });
      else if (rows.length < most.rows) rows.push(shown(item.row));
      if (key !== null) keys.add(key);
      return read;
    },

    count: () => read,
    result: () => ({
      rows,
      problems,
      remarks: [...remarks],
      read,
      addresses: addresses.size
        ? [...addresses].map(([address, verdict]) => ({ address, ...verdict }))
        : null,
    }),
  };
}

function shown({ key, title, url, text }: Extract<Item, { kind: 'row' }>['row']): PreviewRow {
  const start = text.slice(0, most.characters).toWellFormed();
  return { title, key: key ?? null, url, text: start, characters: text.length };
}

function inWords({ message }: SourceError): string {
  return message === tooLarge(limits.bytes).message
    ? `${message}, which is more than a preview reads`
    : message;
}

export function tooSlow(read: number): string {
  const what = read ? 'not more could be read' : 'nothing could be read';
  return `${what} within ${limits.time / 1000} s; a sync takes its time`;
}
