import { hash } from 'node:crypto';
import type { Item, Memo } from '../sources/connectors/connector.js';
import { keySet } from './keySet.js';
import type { Progress } from './lease.js';
import { failedLine, room } from './ledger.js';
import type { Asking, Finished } from './protocol.js';
import { type Batch, type Pending, takeIn } from './takeIn.js';

/** A batch is compared and written as one: so many rows, so many characters, or so many milliseconds of reading. */
const most = { rows: 400, characters: 512 * 1024, wait: 1_000 };
/** Batches that wait for the database; the reading waits when there are more. */
const mostBatches = 2;
const progressEvery = 250;

/**
 * Takes in what a connector reads: asks which rows are new or changed, cuts only those into documents, counts their
 * tokens, and hands them over to be written. What waits is bounded, however much there is to read.
 */
export async function intake(
  items: AsyncIterable<Item>,
  main: Asking,
  total: () => number | null,
): Promise<Finished> {
  const keys = keySet();
  const fits = room();
  const underWay: Promise<void>[] = [];
  let batch = emptyBatch();
  let memo: Memo | null = null;
  let repeated = 0;
  const progress: Progress = { done: 0, total: null, current: null };
  let toldAt = Number.NEGATIVE_INFINITY;
  let toldRows = 0;

  function tell(): void {
    toldAt = performance.now();
    toldRows = progress.done;
    main.tell({ tell: 'progress', ...progress, total: total() });
  }

  async function handOver(): Promise<void> {
    const given = batch;
    batch = emptyBatch();
    if (given.pending.length + given.failed.length + given.repeated === 0) return;
    if (underWay.length >= mostBatches) await underWay.shift();
    const taken = takeIn(given, main, fits);
    // It is waited for later; until then a failure is not unhandled.
    taken.catch(() => undefined);
    underWay.push(taken);
  }

  // What was read before a pause is told in the pause, not after it.
  const pauses = setInterval(() => progress.done > toldRows && tell(), progressEvery);
  try {
    return await takeAll();
  } finally {
    clearInterval(pauses);
  }

  async function takeAll(): Promise<Finished> {
    for await (const item of items) {
      if (item.kind === 'all-same') return { kind: 'all-same' };
      if (item.kind === 'memo') {
        memo = item.memo;
        continue;
      }
      progress.done += 1;
      progress.current = item.kind === 'row' ? item.row.title : item.key;
      sort(pendingOf(item), batch);
      const now = performance.now();
      if (now - toldAt > progressEvery) tell();
      if (isDue(batch, now)) await handOver();
    }
    await handOver();
    await Promise.all(underWay);
    return { kind: 'read', memo, done: progress.done, rows: progress.done - repeated };
  }

  /** What comes again is not taken again: the same is no loss, and what says something else has failed. */
  function sort(pending: Pending, batch: Batch): void {
    const { key, hash, row, failure } = pending;
    const is = keys.add(key, contentOf(hash));
    if (is === 'new') {
      batch.pending.push(pending);
      batch.characters += row?.text.length ?? 0;
    } else if (failure !== null) batch.failed.push(failedLine(key, failure, false));
    else if (is === 'other') batch.failed.push(failedLine(key, isThereAlready(key), false, row?.title));
    else {
      batch.repeated += 1;
      repeated += 1;
    }
  }
}

const emptyBatch = (): Batch => ({
  pending: [],
  characters: 0,
  since: performance.now(),
  failed: [],
  repeated: 0,
});

function isDue({ pending, characters, since, failed }: Batch, now: number): boolean {
  return (
    pending.length + failed.length >= most.rows || characters >= most.characters || now - since >= most.wait
  );
}

/** The first 32 bits of a hash. */
const contentOf = (hash: string | null) =>
  hash === null ? 0 : Buffer.from(hash.slice(0, 6), 'base64url').readUInt32LE(0) || 1;

const isThereAlready = (key: string) => `“${key}” is there more than once; the first was taken`;

function pendingOf(item: Exclude<Item, { kind: 'all-same' | 'memo' }>): Pending {
  if (item.kind === 'same') return { key: item.key, hash: null, row: null, failure: null };
  if (item.kind === 'failed') return { key: item.key, hash: null, row: null, failure: item.reason };
  const { key, title, url, text } = item.row;
  const digest = hash('sha256', `${title}\0${url ?? ''}\0${text}`, 'base64url');
  return { key: key ?? digest, hash: digest, row: item.row, failure: null };
}
