import type { Knex } from 'knex';
import type { Deps } from '../deps.js';
import type { Outbox } from '../outbox/event.js';
import { type SyncResults, syncFailed, syncSucceeded } from '../webhooks/events.js';
import { overLimit, SyncFailure } from './failure.js';
import { type Claimed, Lost, type Progress } from './lease.js';
import { type Ledger, ledgerStore, noRows } from './ledger.js';
import { tokensAllowed } from './storage.js';

export type Report = { progress: Progress; ledger: Ledger };

/** `number`: under which the new rows were written; null when none changed. `memo`: absent, it stays as it is. */
export type Success = { results: SyncResults; number: number | null; memo?: string | null };

/** The end of a sync: what it did, what can be searched from now on and the event, in one small transaction. */
export function settling({ config, db }: Pick<Deps, 'config' | 'db'>, outbox: Outbox) {
  /** Throws `Lost`, and `SyncFailure` when there is no longer enough storage for it. */
  async function succeed(
    sync: Claimed,
    { progress, ledger }: Report,
    { results, number, memo }: Success,
    at: number,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      const { done } = progress;
      const outcome = { status: 'succeeded', results: JSON.stringify(results), done, total: done };
      await finish(tx, sync, outcome, ledger, at);
      const source = await sourceOf(tx, sync.sourceId);
      const allowed = await tokensAllowed(tx, source, config);
      if (allowed !== null && results.totalTokens > allowed) throw new SyncFailure(overLimit);
      const changes = {
        ...(number !== null && searchable(results, number)),
        ...(memo !== undefined && memo !== source.memo && { memo }),
      };
      if (Object.keys(changes).length > 0) await tx('data_sources').where({ id: source.id }).update(changes);
      await outbox.append(tx, syncSucceeded(source, results), at);
    });
  }

  async function fail(
    sync: Claimed,
    { progress, ledger }: Report,
    reason: string,
    at: number,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      const { done, total } = progress;
      await finish(tx, sync, { status: 'failed', reason, done, total }, onlyNotTaken(ledger), at);
      const source = await sourceOf(tx, sync.sourceId);
      await outbox.append(tx, syncFailed(source, reason), at);
    });
  }

  return { succeed, fail };
}

async function finish(
  tx: Knex,
  { id, sourceId, token }: Claimed,
  outcome: object,
  { counts, lines }: Ledger,
  at: number,
): Promise<void> {
  const ended = { finished_at: at, current: null, lease_token: null, lease_until: null };
  const settled = await tx('syncs')
    .where({ id, lease_token: token })
    .update({ ...outcome, ...ended, counts: JSON.stringify(counts) });
  if (settled !== 1) throw new Lost();
  await ledgerStore(tx).write(id, lines);
  await ledgerStore(tx).forgetOlder(sourceId);
}

/** What else it did is taken back. */
function onlyNotTaken({ counts: { failed, leftOut }, lines }: Ledger): Ledger {
  return {
    counts: { ...noRows, failed, leftOut },
    lines: lines.filter(({ outcome }) => outcome === 'failed' || outcome === 'leftOut'),
  };
}

const searchable = (results: SyncResults, number: number) => ({
  visible_sync: number,
  row_count: results.totalDataSourceRows,
  document_count: results.totalDocuments,
  token_count: results.totalTokens,
});

async function sourceOf(tx: Knex, id: string) {
  const row = await tx('data_sources')
    .join('bots', 'bots.id', 'data_sources.bot_id')
    .where('data_sources.id', id)
    .whereNull('data_sources.deleted_at')
    .whereNull('bots.deleted_at')
    .first(
      'data_sources.id',
      'data_sources.name',
      'data_sources.memo',
      'data_sources.bot_id',
      'bots.name as bot_name',
    );
  if (!row) throw new Lost();
  const bot = { id: row.bot_id as string, name: row.bot_name as string };
  return {
    id: row.id as string,
    botId: bot.id,
    name: row.name as string,
    memo: row.memo as string | null,
    bot,
  };
}
