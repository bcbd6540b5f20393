import type { ServerResponse } from 'node:http';

export type Release = 'over' | 'left' | 'stopped';

export type Holding = ReturnType<typeof createHolding>;

/** Keeps senders waiting for an answer: only so many at once, only so long, and none when the server stops. */
export function createHolding({ most = 50, longest = 60_000 } = {}) {
  const held = new Set<(how: Release) => void>();
  const ending = new Set<Promise<void>>();
  let isStopped = false;

  function wait(res: ServerResponse, ms: number | null): Promise<Release> {
    return new Promise((resolve) => {
      const release = (how: Release) => {
        clearTimeout(timer);
        res.off('close', left);
        held.delete(release);
        resolve(how);
      };
      const left = () => release('left');
      const timer = setTimeout(() => release('over'), Math.min(ms ?? longest, longest));
      held.add(release);
      res.on('close', left);
      if (res.destroyed) left();
    });
  }

  return {
    count: () => held.size,
    hasRoom: () => !isStopped && held.size < most,

    /** Until `ms` (null: as long as may be) are over, the sender leaves, or the server stops; and `then` has ended. */
    async hold(res: ServerResponse, ms: number | null, then: (how: Release) => Promise<void>): Promise<void> {
      const end = wait(res, ms).then(then);
      ending.add(end);
      await end.finally(() => ending.delete(end));
    },

    /** Lets go of everybody; ends when all that is done then is done. */
    async stop(): Promise<void> {
      isStopped = true;
      for (const release of held) release('stopped');
      await Promise.allSettled(ending);
    },
  };
}
