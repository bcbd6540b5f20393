import type { Piscina } from 'piscina';
import type { Deps } from '../deps.js';
import { botKey } from '../knowledge/search.js';
import type { SourceToRead } from '../sources/service.js';
import type { SyncResults } from '../webhooks/events.js';
import {
  diedTooOften,
  mayNotFail,
  overLimit,
  removesTooMany,
  SyncFailure,
  tooManyFailed,
} from './failure.js';
import { type Claimed, type Progress, requireLease } from './lease.js';
import { type Ledger, ledgerOf, line, mostListed } from './ledger.js';
import { type Finished, type Question, type Tidings, verdict } from './protocol.js';
import { reading } from './reading.js';
import type { Success } from './settle.js';
import { tokensAllowed } from './storage.js';
import * as versions from './versions.js';

const mostTries = 3;
/** From so many rows on, a sync may not remove more than half of them unasked. */
const guardedRows = 10;

type Tools = Pick<Deps, 'config' | 'db' | 'reader' | 'clock' | 'version' | 'guard'> & { pool: () => Piscina };

export type Run = {
  progress: Progress;
  ledger: Ledger;
  read: () => Promise<Success>;
  /** Takes back what a run wrote that has failed; others may run the source again meanwhile. */
  undo: () => Promise<void>;
};

/** One run of a sync, up to the point where all is written and nothing of it can be seen yet. */
export function run(
  { config, db, reader, clock, version, guard, pool }: Tools,
  sync: Claimed,
  source: SourceToRead,
  { signal, onProgress }: { signal: AbortSignal; onProgress: () => void },
): Run {
  const own: versions.Versions = { sourceId: source.id, visible: source.visible };
  const progress: Progress = { done: 0, total: null, current: null };
  const ledger = ledgerOf();
  const kept = { rows: 0, documents: 0, tokens: 0 };
  const written = { rows: 0, replaced: 0, documents: 0, tokens: 0 };
  /** The ids of rows that stay or are replaced; each is found once. */
  const seen: number[] = [];
  let number: Promise<number> | null = null;
  let allowed: number | null = null;

  const ownNumber = () => {
    number ??= versions.takeNumber(db, own);
    return number;
  };

  function hear(tidings: Tidings): void {
    const { done, total, current } = tidings;
    Object.assign(progress, { done, total: total === null ? null : Math.max(total, done), current });
    onProgress();
  }

  async function answer(question: Question): Promise<unknown> {
    signal.throwIfAborted();
    if (question.ask === 'recall') return versions.recall(reader, own, question.key);
    if (question.ask === 'compare') return compare(question.rows, question.count);
    if (question.ask === 'remember')
      return db.transaction(async (tx) => {
        await requireLease(tx, sync);
        await versions.remember(tx, own, question.rows);
      });
    if (question.ask === 'note') return note(question);
    return write(question);
  }

  function note({ lines, ...counts }: Extract<Question, { ask: 'note' }>): void {
    const { failed = 0, leftOut = 0, repeated = 0 } = counts;
    ledger.lines.push(...lines);
    ledger.counts.failed += failed;
    ledger.counts.leftOut += leftOut;
    ledger.counts.repeated += repeated;
  }

  async function compare(rows: string, count: number): Promise<number[]> {
    const verdicts = new Array<number>(count).fill(verdict.isNew);
    for (const match of await versions.compare(reader, own, rows)) {
      verdicts[match.n] = match.verdict;
      seen.push(match.id);
      if (match.verdict === verdict.changed) continue;
      kept.rows += 1;
      kept.documents += match.documents;
      kept.tokens += match.tokens;
    }
    requireSpace();
    return verdicts;
  }

  async function write({ rows, documents, counts }: Extract<Question, { ask: 'write' }>): Promise<void> {
    written.rows += counts.rows;
    written.replaced += counts.replaced;
    written.documents += counts.documents;
    written.tokens += counts.tokens;
    requireSpace();
    const number = await ownNumber();
    const replaces = counts.replaced > 0;
    await db.transaction(async (tx) => {
      await requireLease(tx, sync);
      const all = { rows, documents, replaces, number, botKey: botKey(source.botId), at: clock() };
      await versions.write(tx, own, all);
    });
  }

  /** Fails as soon as it is certain that there will be too much. */
  function requireSpace(): void {
    if (allowed !== null && kept.tokens + written.tokens > allowed) throw new SyncFailure(overLimit);
  }

  async function removeGone(): Promise<void> {
    const gone = source.rows - seen.length;
    if (gone <= 0) return;
    if (!sync.force && source.rows >= guardedRows && gone > source.rows / 2)
      throw new SyncFailure(removesTooMany(gone, source.rows));
    const number = await ownNumber();
    const stay = new Set(seen);
    const listed: number[] = [];
    for await (const ids of versions.visibleIds(reader, own)) {
      signal.throwIfAborted();
      const unseen = ids.filter((id) => !stay.has(id));
      if (unseen.length === 0) continue;
      listed.push(...unseen.slice(0, mostListed - listed.length));
      await db.transaction(async (tx) => {
        await requireLease(tx, sync);
        await versions.end(tx, unseen, number);
      });
    }
    ledger.counts.removed = gone;
    for (const { key, title } of await versions.named(reader, listed))
      ledger.lines.push(line('removed', key, title));
  }

  function requireEnough(rows: number): void {
    const { failed } = ledger.counts;
    if (!mayNotFail(failed, rows, source.maxFailedPercent)) return;
    const first = ledger.lines.find(({ outcome }) => outcome === 'failed')!;
    throw new SyncFailure(tooManyFailed(failed, rows, source.maxFailedPercent, first));
  }

  async function outcome(finished: Finished): Promise<Success> {
    if (finished.kind === 'unreadable') throw new SyncFailure(finished.reason);
    if (finished.kind === 'all-same') {
      const { rows, documents, tokens } = source;
      Object.assign(progress, { done: rows, total: rows });
      ledger.counts.unchanged = rows;
      return { results: results({ rows, documents, tokens }, none), number: null };
    }
    const { done, rows: read } = finished;
    hear({ tell: 'progress', done, total: done, current: progress.current });
    requireEnough(read);
    await removeGone();
    const { rows, replaced } = written;
    Object.assign(ledger.counts, { added: rows - replaced, changed: replaced, unchanged: kept.rows });
    const memo = finished.memo && JSON.stringify(finished.memo);
    return { results: results(kept, written), number: await number, memo };
  }

  return {
    progress,
    ledger,
    async read() {
      if (sync.tries > mostTries) throw new SyncFailure(diedTooOften(mostTries));
      await versions.undo(db, own, null, signal);
      allowed = await tokensAllowed(db, source, config);
      signal.throwIfAborted();
      // Whoever removed the last file wants its rows gone; the connector would say that there is nothing to read.
      if (source.isEmpty && source.rows > 0 && sync.force)
        return outcome({ kind: 'read', memo: null, done: 0, rows: 0 });
      const { type, config: settings, files, memo } = source;
      const agent = `Hookbell/${version}`;
      const task = { type, config: settings, files, memo, rules: guard.rules(), agent };
      return outcome(await reading(pool(), task, { answer, hear }, signal));
    },
    undo: async () => {
      if (number !== null) await versions.undo(db, own, await number, signal);
    },
  };
}

type Sums = { rows: number; documents: number; tokens: number };

const none: Sums = { rows: 0, documents: 0, tokens: 0 };

function results(kept: Sums, written: Sums): SyncResults {
  return {
    totalTokens: kept.tokens + written.tokens,
    modifiedRows: written.rows,
    totalDocuments: kept.documents + written.documents,
    unmodifiedRows: kept.rows,
    totalDataSourceRows: kept.rows + written.rows,
  };
}
