import { EventEmitter } from 'node:events';
import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import type { Window } from '../api/paging.js';
import { shared } from '../databases/shared.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { ledgerStore, type Outcome } from './ledger.js';
import type { Trigger } from './schema.js';
import { type Sync, syncStore } from './store.js';
import { announce } from './tell.js';

export type SyncService = ReturnType<typeof syncService>;

type Ask = { trigger: Trigger; force: boolean; at: number };

/** The durable queue of syncs and the ledger of those that ran. */
export function syncService({ db, reader, live }: Pick<Deps, 'db' | 'reader' | 'live'>) {
  /** `queued`, after the commit; `dropped` with the id of the source. */
  const signals = new EventEmitter();

  /** `look` may read beside the writes: what it sees as queued starts after it was asked for. */
  async function record(connection: Knex, sourceId: string, asks: Ask[], look = connection) {
    const source = await syncStore(look).queueOf(sourceId);
    if (!source) throw new NotFound('Data source');
    const { botId, queued } = source;
    const force = asks.some((ask) => ask.force);
    if (queued && (queued.force || !force)) return { sync: queued, botId, isNews: false };
    const { trigger, at } = asks[0]!;
    const sync = await syncStore(connection).enqueue({ id: uuid(), sourceId, trigger, force, createdAt: at });
    return { sync, botId, isNews: true };
  }

  function tell({ sync, botId, isNews }: { sync: Sync; botId: string; isNews: boolean }): Sync {
    if (!isNews) return sync;
    signals.emit('queued');
    announce(live, botId, sync);
    return sync;
  }

  const recordSoon = shared(async (sourceId: string, asks: Ask[]) =>
    tell(await record(db, sourceId, asks, reader)),
  );

  return {
    signals,

    /**
     * Asks for a sync and answers once it is durably recorded: at most one of a source is queued, whoever asks.
     * Throws `NotFound` for a source that is not there.
     */
    enqueue: (sourceId: string, trigger: Trigger, { force = false }: { force?: boolean }, at: number) =>
      recordSoon(sourceId, { trigger, force, at }),

    /** The same within a transaction: it starts as soon as that commits, and never if it does not. */
    async enqueueWithin(
      tx: Knex.Transaction,
      sourceId: string,
      trigger: Trigger,
      { force = false }: { force?: boolean },
      at: number,
    ): Promise<Sync> {
      const recorded = await record(tx, sourceId, [{ trigger, force, at }]);
      tx.executionPromise.then(
        () => tell(recorded),
        () => undefined,
      );
      return recorded.sync;
    },

    /** No sync of this source goes on or starts, as soon as the transaction commits. */
    async drop(tx: Knex.Transaction, sourceId: string): Promise<void> {
      await syncStore(tx).drop(sourceId);
      tx.executionPromise.then(
        () => signals.emit('dropped', sourceId),
        () => undefined,
      );
    },

    find: (id: string) => syncStore(reader).find(id),
    listOf: (sourceId: string, window: Window) => syncStore(reader).listOf(sourceId, window),

    /** The rows that its ledger lists; all, or those of one outcome. */
    rowsOf: (syncId: string, only: Outcome | null, window: Window) =>
      ledgerStore(reader).listOf(syncId, only, window),

    /** Of each source: its latest sync, and whether one runs. */
    async statesOf(sourceIds: string[]): Promise<Map<string, { last: Sync; isRunning: boolean }>> {
      const states = new Map<string, { last: Sync; isRunning: boolean }>();
      for (const sync of await syncStore(reader).currentOf(sourceIds)) {
        const { last } = states.get(sync.sourceId) ?? { last: sync };
        const isRunning = sync.status === 'running';
        states.set(sync.sourceId, { last, isRunning });
      }
      return states;
    },

    /** Removes what finished before `before`, some hundred at a time; the latest of a source stays. */
    async prune(before: number): Promise<void> {
      while ((await syncStore(db).prune(before, 500)) > 0);
    },

    /** One step of it. Returns how many were removed. */
    pruneSome: (before: number, most: number) => syncStore(db).prune(before, most),
  };
}
