import { hash } from 'node:crypto';
import { chunk } from '../knowledge/chunk.js';
import { pairsIn } from '../knowledge/pairs.js';
import { countTokens } from '../knowledge/tokens.js';
import type { Item, Row } from '../sources/connectors/connector.js';
import { keySet } from './keySet.js';
import type { Progress } from './lease.js';
import {
  type Asking,
  type Compared,
  type Finished,
  type NewDocument,
  type NewRow,
  type Verdict,
  verdict,
} from './protocol.js';

/** A batch is compared and written as one: so many rows, so many characters, or so many milliseconds of reading. */
const most = { rows: 400, characters: 512 * 1024, wait: 1_000 };
/** Documents in one statement. */
const mostDocuments = 500;
/** Batches that wait for the database; the reading waits when there are more. */
const mostBatches = 2;
const progressEvery = 250;

type Pending = { key: string; hash: string | null; row: Row | null; failure: string | null };

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
  const underWay: Promise<void>[] = [];
  let batch = emptyBatch();
  let memo: Finished & { kind: 'read' } = { kind: 'read', memo: null };
  const progress: Progress = { done: 0, total: null, current: null };
  let toldAt = Number.NEGATIVE_INFINITY;
  let toldRows = 0;

  function tell(): void {
    toldAt = performance.now();
    toldRows = progress.done;
    main.tell({ tell: 'progress', ...progress, total: total() });
  }

  async function handOver(): Promise<void> {
    const { pending } = batch;
    batch = emptyBatch();
    if (pending.length === 0) return;
    if (underWay.length >= mostBatches) await underWay.shift();
    const taken = takeIn(pending, main);
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
        memo = { kind: 'read', memo: item.memo };
        continue;
      }
      const pending = pendingOf(item);
      progress.done += 1;
      progress.current = item.kind === 'row' ? item.row.title : item.key;
      if (!keys.add(pending.key)) {
        main.tell({ tell: 'problem', problem: repeated(item, pending.key) });
      } else {
        batch.pending.push(pending);
        batch.characters += pending.row?.text.length ?? 0;
      }
      const now = performance.now();
      if (now - toldAt > progressEvery) tell();
      if (isDue(batch, now)) await handOver();
    }
    await handOver();
    await Promise.all(underWay);
    tell();
    return memo;
  }
}

const emptyBatch = () => ({ pending: [] as Pending[], characters: 0, since: performance.now() });

function isDue({ pending, characters, since }: ReturnType<typeof emptyBatch>, now: number): boolean {
  return pending.length >= most.rows || characters >= most.characters || now - since >= most.wait;
}

function pendingOf(item: Exclude<Item, { kind: 'all-same' | 'memo' }>): Pending {
  if (item.kind === 'same') return { key: item.key, hash: null, row: null, failure: null };
  if (item.kind === 'failed') return { key: item.key, hash: null, row: null, failure: item.reason };
  const { key, title, url, text } = item.row;
  const digest = hash('sha256', `${title}\0${url ?? ''}\0${text}`, 'base64url');
  return { key: key ?? digest, hash: digest, row: item.row, failure: null };
}

function repeated(item: Item, key: string) {
  const hasKey = item.kind !== 'row' || item.row.key !== undefined;
  return hasKey
    ? { key, reason: `“${key}” is there more than once; the first was taken` }
    : { key: item.row.title, reason: 'The same content is there more than once; it was taken once' };
}

async function takeIn(pending: Pending[], { ask, tell }: Asking): Promise<void> {
  const rows = pending.map(({ key, hash, row }, n): Compared => ({ n, key, hash, memo: memoOf(row) }));
  const verdicts = await ask<Verdict[]>({ ask: 'compare', rows: JSON.stringify(rows), count: rows.length });
  const remembered: Pick<NewRow, 'key' | 'memo'>[] = [];
  const writer = batchWriter(ask);
  for (const [n, { key, hash, row, failure }] of pending.entries()) {
    const is = verdicts[n];
    if (failure !== null) tell({ tell: 'problem', problem: { key, reason: failure } });
    else if (row && hash && (is === verdict.isNew || is === verdict.changed))
      await writer.add({ key, hash, row }, is === verdict.changed);
    else if (is === verdict.keptWithOtherMemo) remembered.push({ key, memo: memoOf(row) });
    else if (is === verdict.isNew)
      tell({ tell: 'problem', problem: { key, reason: 'It was never read before' } });
  }
  await writer.flush();
  if (remembered.length > 0) await ask({ ask: 'remember', rows: JSON.stringify(remembered) });
}

const memoOf = (row: Row | null) => (row?.memo ? JSON.stringify(row.memo) : null);

/** Writes rows in statements of a bounded size; the documents of a long row may take several. */
function batchWriter(ask: Asking['ask']) {
  let rows: NewRow[] = [];
  let documents: NewDocument[] = [];
  let counts = { rows: 0, replaced: 0, documents: 0, tokens: 0 };

  async function flush(): Promise<void> {
    if (rows.length === 0 && documents.length === 0) return;
    const written = { rows: JSON.stringify(rows), documents: JSON.stringify(documents), counts };
    rows = [];
    documents = [];
    counts = { rows: 0, replaced: 0, documents: 0, tokens: 0 };
    await ask({ ask: 'write', ...written });
  }

  async function add(
    { key, hash, row }: { key: string; hash: string; row: Row },
    replaces: boolean,
  ): Promise<void> {
    const pieces = piecesOf(row);
    const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
    const { title, url } = row;
    rows.push({ key, hash, title, url, memo: memoOf(row), tokens, documents: pieces.length });
    counts.rows += 1;
    counts.replaced += replaces ? 1 : 0;
    counts.tokens += tokens;
    counts.documents += pieces.length;
    for (const piece of pieces) {
      if (documents.length === mostDocuments) await flush();
      documents.push({ key, text: piece.text, pairs: pairsIn(`${title} ${piece.text}`).join(' ') });
    }
  }

  return { add, flush };
}

/** A row of nothing but a title can be found by it. */
function piecesOf({ title, text }: Row) {
  const pieces = chunk(text);
  if (pieces.length > 0 || title.trim() === '') return pieces;
  return [{ text: title.trim(), tokens: countTokens(title.trim()) }];
}
