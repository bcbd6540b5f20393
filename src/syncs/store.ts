import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';
import type { SyncResults } from '../webhooks/events.js';
import { type Counts, ledgerStore, noRows } from './ledger.js';
import type { SyncStatus, Trigger } from './schema.js';

/** One run of a data source, from the asking to the end. Times in milliseconds. */
export type Sync = {
  id: string;
  sourceId: string;
  trigger: Trigger;
  force: boolean;
  status: SyncStatus;
  /** Starts that were made; more than one when a process died in the middle. */
  tries: number;
  done: number;
  total: number | null;
  /** The title of the row that was read last. */
  current: string | null;
  results: SyncResults | null;
  reason: string | null;
  /** Null until it has ended, and of one that ended before they were kept. */
  counts: Counts | null;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
};

/** Rows of ledgers that one statement removes. */
const mostRows = 2_000;

export type NewSync = Pick<Sync, 'id' | 'sourceId' | 'trigger' | 'force' | 'createdAt'>;

/** With the sync that waits to be started, if there is one: of these there is an index, which takes a literal status. */
export const joinQueued = (sourceId: string) =>
  `LEFT JOIN syncs ON syncs.source_id = ${sourceId} AND syncs.status = 'queued'`;

export function syncStore(connection: Knex) {
  const syncs = () => connection('syncs');
  return {
    async find(id: string): Promise<Sync | null> {
      const row = await syncs().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    /** Newest first. */
    async listOf(sourceId: string, window: Window): Promise<Sync[]> {
      const rows = await syncs()
        .where({ source_id: sourceId })
        .modify((query) => {
          if (window.after) query.where('id', '<', window.after[0]!);
        })
        .orderBy('id', 'desc')
        .limit(window.limit + 1);
      return rows.map(fromRow);
    },

    /**
     * Of each of these sources its latest sync and the one that runs, if it is another, newest first. One
     * statement: between two, a sync could end.
     */
    async currentOf(sourceIds: string[]): Promise<Sync[]> {
      const latest = syncs().max('id').whereIn('source_id', sourceIds).groupBy('source_id');
      const running = syncs().select('id').whereRaw("status = 'running'").whereIn('source_id', sourceIds);
      const rows = await syncs().whereIn('id', latest).orWhereIn('id', running).orderBy('id', 'desc');
      return rows.map(fromRow);
    },

    /** The bot of a living source, and the sync of it that is queued. Null when there is no such source. */
    async queueOf(sourceId: string): Promise<{ botId: string; queued: Sync | null } | null> {
      const row = await connection('data_sources')
        .join('bots', 'bots.id', 'data_sources.bot_id')
        .joinRaw(joinQueued('data_sources.id'))
        .where('data_sources.id', sourceId)
        .whereNull('data_sources.deleted_at')
        .whereNull('bots.deleted_at')
        .first('data_sources.bot_id', 'syncs.*');
      return row ? { botId: row.bot_id, queued: row.id && fromRow(row) } : null;
    },

    /** Queues it, unless one is queued: then that one is returned, with `force` if either has it. */
    async enqueue(sync: NewSync): Promise<Sync> {
      const [row] = await syncs()
        .insert({
          id: sync.id,
          source_id: sync.sourceId,
          trigger: sync.trigger,
          force: sync.force,
          status: 'queued',
          created_at: sync.createdAt,
        })
        .onConflict(connection.raw("(source_id) WHERE status = 'queued'") as never)
        .merge({ force: connection.raw('(syncs.force OR excluded.force)') })
        .returning('*');
      return fromRow(row);
    },

    /** Takes queued syncs out and takes a running one from whoever runs it. */
    async drop(sourceId: string): Promise<void> {
      await syncs().where({ source_id: sourceId, status: 'queued' }).delete();
      await syncs()
        .where({ source_id: sourceId, status: 'running' })
        .update({ lease_token: null, lease_until: null });
    },

    /**
     * Removes up to `most` that finished before `before`, and never the latest of a source; or first some of the rows
     * that their ledgers list. Returns how many records there were.
     */
    async prune(before: number, most: number): Promise<number> {
      const old = connection('syncs as old')
        .where('old.finished_at', '<', before)
        .whereExists(
          connection('syncs as later')
            .where('later.source_id', connection.ref('old.source_id'))
            .where('later.id', '>', connection.ref('old.id')),
        )
        .orderBy('old.finished_at')
        .limit(most)
        .pluck('old.id');
      const ids: string[] = await old;
      const rows = await ledgerStore(connection).remove(ids, mostRows);
      return rows > 0 ? rows : syncs().whereIn('id', ids).delete();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
export function fromRow(row: any): Sync {
  const number = (value: number | string | null) => (value === null ? null : Number(value));
  const json = (text: string | null) => (text === null ? null : JSON.parse(text));
  return {
    id: row.id,
    sourceId: row.source_id,
    trigger: row.trigger,
    force: Boolean(row.force),
    status: row.status,
    tries: row.tries,
    done: Number(row.done),
    total: number(row.total),
    current: row.current,
    results: json(row.results),
    reason: row.reason,
    counts: row.counts && { ...noRows, ...json(row.counts) },
    createdAt: Number(row.created_at),
    startedAt: number(row.started_at),
    finishedAt: number(row.finished_at),
  };
}
