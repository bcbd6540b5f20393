import type { MessagePort } from 'node:worker_threads';
import type { Rule } from '../net/rules.js';
import type { Memo, UploadedFile } from '../sources/connectors/connector.js';
import type { Line } from './ledger.js';

/** What the worker thread is given to read. */
export type Task = {
  type: string;
  config: unknown;
  files: UploadedFile[];
  memo: Memo | null;
  /** What may be reached although it is not public. */
  rules: readonly Rule[];
  /** The User-Agent. */
  agent: string;
  port: MessagePort;
};

/** How a row stands to the version that can be searched now. */
export const verdict = { isNew: 0, changed: 1, kept: 2, keptWithOtherMemo: 3 } as const;
export type Verdict = (typeof verdict)[keyof typeof verdict];

/** A row as it is compared: without a hash, it is only asked whether there is one. */
export type Compared = { n: number; key: string; hash: string | null; memo: string | null };

/** A row as it is written. */
export type NewRow = {
  key: string;
  hash: string;
  title: string;
  url: string | null;
  memo: string | null;
  tokens: number;
  documents: number;
};

/** A document as it is written, of the row with this key; `pairs` as the index has them beside its words. */
export type NewDocument = { key: string; text: string; pairs: string };

/** What the worker asks the main thread. Lists are JSON already: the main thread hands them on to the database. */
export type Question =
  /** `rows`: `Compared[]`. Answered with a `Verdict` for each. */
  | { ask: 'compare'; rows: string; count: number }
  /** `rows`: `NewRow[]`, `documents`: `NewDocument[]`, of these or of rows before them. Answered when written. */
  | {
      ask: 'write';
      rows: string;
      documents: string;
      counts: { rows: number; replaced: number; documents: number; tokens: number };
    }
  /** `rows`: `{key, memo}[]` of rows that are kept. */
  | { ask: 'remember'; rows: string }
  /** What the ledger lists of a batch, and how many of it failed, were left out or repeated. */
  | { ask: 'note'; lines: Line[]; failed?: number; leftOut?: number; repeated?: number }
  /** Answered with a `Memo` or null. */
  | { ask: 'recall'; key: string };

/** What the worker tells without waiting. */
export type Tidings = { tell: 'progress'; done: number; total: number | null; current: string | null };

export type Message = (Question & { id: number }) | Tidings;

/** How the reading ended. */
export type Finished =
  /** `done`: all that were read, for what was told last may not arrive any more; `rows`: each counted once. */
  | { kind: 'read'; memo: Memo | null; done: number; rows: number }
  | { kind: 'all-same' }
  /** The source cannot be read; the reason is for people. */
  | { kind: 'unreadable'; reason: string };

type Reply = { id: number; answer: unknown };

/** The worker's end: asks, and waits for the answer. */
export function asking(port: MessagePort) {
  const waiting = new Map<number, (answer: never) => void>();
  let last = 0;
  port.on('message', ({ id, answer }: Reply) => {
    waiting.get(id)?.(answer as never);
    waiting.delete(id);
  });
  return {
    ask: <Answer>(question: Question): Promise<Answer> =>
      new Promise((resolve) => {
        last += 1;
        waiting.set(last, resolve);
        port.postMessage({ ...question, id: last });
      }),
    tell: (tidings: Tidings) => port.postMessage(tidings),
  };
}

export type Asking = ReturnType<typeof asking>;

type Answering = {
  answer: (question: Question) => Promise<unknown>;
  hear: (tidings: Tidings) => void;
  /** The first question that could not be answered; the worker then waits for ever and has to be ended. */
  failed: (error: unknown) => void;
};

/** The main thread's end. */
export function answering(port: MessagePort, { answer, hear, failed }: Answering): void {
  port.on('message', (message: Message) => {
    if ('tell' in message) return hear(message);
    answer(message).then(
      (given) => port.postMessage({ id: message.id, answer: given } satisfies Reply),
      failed,
    );
  });
}
