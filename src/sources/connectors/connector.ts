import type { z } from 'zod';
import type { Fetch } from '../../net/fetch.js';

/** What a connector remembers beside a row or a source from one sync to the next, e.g. an ETag. Plain JSON. */
export type Memo = Record<string, unknown>;

/** One item of a data source as the connector read it. */
export type Row = { key?: string; title: string; text: string; url: string | null; memo?: Memo };

/** What a connector tells the sync, in the order it learns it. */
export type Item =
  /** A row read in full; without a key it is known by its content. */
  | { kind: 'row'; row: Row }
  /** The row with this key stands as it was (the server answered 304). */
  | { kind: 'same'; key: string }
  /** The whole source stands as it was, and so does its memo. Nothing else is yielded beside it. */
  | { kind: 'all-same' }
  /** This one row could not be read; its last good version stays. */
  | { kind: 'failed'; key: string; reason: string }
  /** Remembered for the source if the sync succeeds. */
  | { kind: 'memo'; memo: Memo };

export type UploadedFile = { name: string; path: string; bytes: number };

/**
 * Whether an address that was come upon is read. `unlike` what globs ask for, or `barred` whatever they ask for;
 * `elsewhere`: on another site, and nothing that anybody would miss.
 */
export type Verdict = { kind: 'wanted' | 'unlike' | 'barred' | 'elsewhere'; why: string | null };

/** What a connector may use. Runs in a worker thread: nothing here touches the database. */
export type Surroundings = {
  fetch: Fetch;
  files: UploadedFile[];
  /** What the last successful sync remembered for the source. */
  memo: Memo | null;
  /** What was remembered beside the row with this key; null if there is none. */
  recall: (key: string) => Promise<Memo | null>;
  /** Tells how many rows there are in all, as far as is known. */
  expect: (total: number) => void;
  signal: AbortSignal;
  /** Hears of each address that is come upon, perhaps more than once; the last word counts. */
  consider?: (address: string, verdict: Verdict) => void;
  /** Hears, as a sentence, what is probably not meant although it can be read. */
  remark?: (sentence: string) => void;
};

/**
 * A type of data source: its name, the shape of its config and how its rows are read.
 * `read` throws `SourceError` with a reason a person understands when the source cannot be read.
 */
export type Connector<Config = unknown> = {
  type: string;
  config: z.ZodType<Config>;
  /** What the names of files end in that can be uploaded for it to read; without any, it takes no files. */
  endings?: readonly string[];
  // A method, not a property: so that connectors of all configs fit into one list.
  read(config: Config, around: Surroundings): AsyncIterable<Item>;
};

/** The source cannot be read; the message is the sync's reason, shown to people and sent in `sync.failure`. */
export class SourceError extends Error {
  override name = 'SourceError';
}

/**
 * A reader whose module is loaded when it first reads: parsers are heavy, and the thread that serves, which only
 * checks configs, needs none of them.
 */
export function onDemand<Config>(
  load: () => Promise<Pick<Connector<Config>, 'read'>>,
): Connector<Config>['read'] {
  return async function* (config, around) {
    yield* (await load()).read(config, around);
  };
}
