import { hookbell } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Courier } from '../delivery/courier.js';
import type { Deps } from '../deps.js';
import { turnOf } from './pace.js';
import { release } from './release.js';
import { nextOf } from './selection.js';
import { type Due, type Progress, replayStore, selectionOf } from './store.js';

/** Small enough that nothing else waits long for the database. */
const stepSize = 500;

export type ReplayRunner = ReturnType<typeof replayRunner>;

/**
 * Moves replays on. A step is one transaction: the deliveries that it puts back and how far the replay has come are
 * written together, so that a process that dies in between skips none and releases none twice.
 */
export function replayRunner(
  { config, db, reader, live }: Pick<Deps, 'config' | 'db' | 'reader' | 'live'>,
  { courier }: { courier: Pick<Courier, 'wake'> },
) {
  async function move(replay: Due, at: number): Promise<void> {
    const turn = turnOf(replay.perSecond, replay.pacedUntil, at);
    let current: Due | null = replay;
    let taken = 0;
    while (current?.state === 'running' && taken < turn.quota) {
      const limit = Math.min(stepSize, turn.quota - taken);
      const one = await step(current, limit, (count) => turn.pacedUntilAfter(taken + count), at);
      taken += one.taken;
      current = one.after;
    }
  }

  /** `after` is null if somebody else has moved or cancelled the replay. */
  async function step(
    replay: Due,
    limit: number,
    pacedUntilAfter: (taken: number) => number,
    at: number,
  ): Promise<{ taken: number; after: Due | null }> {
    const selection = { ...selectionOf(replay), inOrder: replay.inOrder };
    const picked = await nextOf(reader, selection, replay, limit + 1);
    const seqs = picked.slice(0, limit);
    const isLast = picked.length <= limit;
    const progress: Progress = {
      afterSeq: seqs.at(-1) ?? replay.afterSeq,
      pacedUntil: pacedUntilAfter(seqs.length),
      state: isLast ? 'done' : 'running',
      finishedAt: isLast ? at : null,
    };
    const after = await db.transaction(async (tx) => {
      const store = replayStore(tx);
      if (!(await store.advance(replay, progress))) return null;
      const done = replay.done + (await release(tx, selection, seqs, at));
      const total = Math.max(replay.total, done);
      await store.setDone(replay.id, done, total);
      const moved: Due = { ...replay, ...progress, done, total };
      if (isLast) await auditLog(tx).record(hookbell, finished(moved), at);
      return moved;
    });
    if (after) {
      courier.wake([replay.webhookId]);
      live.publish(`webhook:${replay.webhookId}`, 'replay');
      live.publish(`bot:${replay.botId}`, 'replay');
    }
    return { taken: seqs.length, after };
  }

  return {
    /** One turn of every replay whose webhook may be sent to; the others wait. */
    async sweep(at: number): Promise<void> {
      for (const replay of await replayStore(db).due()) await move(replay, at);
    },

    /** Forgets replays that ended before the retention. */
    prune: (at: number) => replayStore(db).prune(at - config.retentionDays * 24 * 3_600_000),
  };
}

const finished = ({ target, webhookId, done, total }: Due) => ({
  action: 'webhook.replay-finished',
  subject: target,
  subjectId: webhookId,
  details: { deliveries: done, ...(total > done && { skipped: total - done }) },
});
