import { randomUUID } from 'node:crypto';
import type { Deps } from '../deps.js';
import type { Outbox } from '../outbox/event.js';
import type { SourceService } from '../sources/service.js';
import { reasonOf, unforeseen } from './failure.js';
import { type Claimed, claim, endAllLeases, Lost, release, renew } from './lease.js';
import { ledgerOf } from './ledger.js';
import { type Run, run } from './run.js';
import type { SyncService } from './service.js';
import { type Report, settling } from './settle.js';
import { announce } from './tell.js';
import { type SyncThreads, syncThreads } from './threads.js';
import { removeSuperseded } from './versions.js';

/** In ms. A lease ends that long after it was renewed last; it is renewed when progress is saved, and in between. */
const lease = { length: 60_000, renewAfter: 10_000, look: 500 };

const stopped = new Error('Hookbell is stopping');

const nothing: Report = {
  progress: { done: 0, total: null, current: null },
  ledger: ledgerOf(),
};

type Needs = Pick<Deps, 'config' | 'db' | 'reader' | 'log' | 'clock' | 'live' | 'version' | 'guard'>;
type Parts = { syncs: SyncService; sources: Pick<SourceService, 'toRead' | 'syncDue'>; outbox: Outbox };

export type SyncRunner = ReturnType<typeof syncRunner>;

/** Runs what is queued, `SYNC_CONCURRENCY` at a time, each in a worker thread; ends the threads when it stops. */
export function syncRunner(
  deps: Needs,
  { syncs, sources, outbox }: Parts,
  threads: SyncThreads = syncThreads(deps, deps.config.syncConcurrency),
) {
  const { config, db, log, clock, live } = deps;
  const settle = settling(deps, outbox);
  const running = new Map<string, { sourceId: string; abort: AbortController; done: Promise<void> }>();
  let takesMore = false;
  let looking: Promise<void> | null = null;
  let lookAgain = false;

  /** Takes up what waits, as far as there is room. */
  function wake(): void {
    lookAgain = true;
    looking ??= takeUp().finally(() => {
      looking = null;
      if (lookAgain && takesMore) wake();
    });
  }

  async function takeUp(): Promise<void> {
    while (takesMore && lookAgain) {
      lookAgain = false;
      try {
        while (takesMore && running.size < config.syncConcurrency) {
          const at = clock();
          const sync = await claim(db, { token: randomUUID(), until: at + lease.length }, at);
          if (!sync) break;
          begin(sync);
        }
      } catch (error) {
        log.error({ err: error }, 'no sync could be taken up; tried again at the next sweep');
      }
    }
  }

  function begin(sync: Claimed): void {
    const abort = new AbortController();
    const done = carryOut(sync, abort)
      .catch((error) => settleFailure(sync, nothing, error))
      .catch((error) =>
        log.error({ err: error, syncId: sync.id }, 'a sync was left; it runs again when its lease ends'),
      )
      .finally(() => {
        running.delete(sync.token);
        wake();
      });
    running.set(sync.token, { sourceId: sync.sourceId, abort, done });
    if (!takesMore) abort.abort(stopped);
  }

  async function carryOut(sync: Claimed, abort: AbortController): Promise<void> {
    const { signal } = abort;
    const source = await sources.toRead(sync.sourceId);
    if (!source) return;
    const tell = (status: Claimed['status'], { progress }: Pick<Run, 'progress'>) =>
      announce(live, source.botId, { ...sync, status, ...progress });
    const own = run({ ...deps, pool: threads.pool }, sync, source, {
      signal,
      onProgress: () => tell('running', own),
    });
    tell('running', own);
    const stopLooking = keepLease(sync, own, abort, () => tell('running', own));
    try {
      const success = await own.read();
      await settle.succeed(sync, own, success, clock());
      // There is no lease any more: that it cannot be renewed is no reason to leave off tidying.
      stopLooking();
      tell('succeeded', { progress: { ...own.progress, total: own.progress.done } });
      log.info({ syncId: sync.id, sourceId: source.id, ...success.results }, 'sync succeeded');
      const visible = success.number ?? source.visible;
      await removeSuperseded(db, { sourceId: source.id, visible }, signal);
    } catch (error) {
      if (error instanceof Lost || signal.reason instanceof Lost) return;
      if (signal.reason === stopped) return release(db, sync);
      await settleFailure(sync, own, error);
      tell('failed', own);
      await own.undo();
    } finally {
      stopLooking();
    }
  }

  async function settleFailure(sync: Claimed, report: Report, error: unknown): Promise<void> {
    const reason = reasonOf(error, threads.megabytes);
    const about = { syncId: sync.id, sourceId: sync.sourceId };
    if (reason === null) log.error({ err: error, ...about }, 'sync failed unforeseen');
    else log.info({ ...about, reason }, 'sync failed');
    await settle.fail(sync, report, reason ?? unforeseen, clock());
  }

  /** Saves progress at most twice a second and says so, and keeps the lease; ends the run when it is lost. */
  function keepLease(
    sync: Claimed,
    { progress }: Run,
    abort: AbortController,
    onSaved: () => void,
  ): () => void {
    let saved = { ...progress };
    let savedAt = clock();
    let saving = false;
    let isOver = false;
    const look = async () => {
      const moved = progress.done !== saved.done || progress.current !== saved.current;
      if (saving || (!moved && clock() - savedAt < lease.renewAfter)) return;
      saving = true;
      try {
        saved = { ...progress };
        savedAt = clock();
        if (await renew(db, sync, savedAt + lease.length, saved)) onSaved();
        else if (!isOver) abort.abort(new Lost());
      } catch (error) {
        log.warn({ err: error, syncId: sync.id }, 'the progress of a sync could not be saved');
      } finally {
        saving = false;
      }
    };
    const timer = setInterval(look, lease.look);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }

  function drop(sourceId: string): void {
    for (const one of running.values()) {
      if (one.sourceId === sourceId) one.abort.abort(new Lost());
    }
  }

  return {
    wake,

    /** Ends what this process runs of a source, for nothing of it counts any more. */
    drop,

    /** With `ownsDatabase`, no other process runs syncs: whatever runs by the ledger died, and is run again at once. */
    async start({ ownsDatabase }: { ownsDatabase: boolean }): Promise<void> {
      if (ownsDatabase) await endAllLeases(db);
      takesMore = true;
      syncs.signals.on('queued', wake);
      syncs.signals.on('dropped', drop);
      wake();
    },

    /** Each second: queues what is due by its schedule and takes up what others left. */
    async sweep(at: number): Promise<void> {
      await sources.syncDue(at);
      wake();
    },

    /** Ends what runs, at once; it starts again with the next process. */
    async stop(): Promise<void> {
      takesMore = false;
      syncs.signals.off('queued', wake);
      syncs.signals.off('dropped', drop);
      await looking;
      for (const one of running.values()) one.abort.abort(stopped);
      await Promise.all([...running.values()].map(({ done }) => done));
      await threads.end();
    },
  };
}
