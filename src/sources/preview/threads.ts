import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Deps } from '../../deps.js';
import { TooMany } from '../../errors.js';
import { type Candidate, limits, type Preview, tooSlow } from './reading.js';
import type { Task } from './worker.js';

/** Times in ms: what a thread gets to end by itself, and what it takes globs to be matched. */
const most = { threads: 2, waiting: 6, megabytes: 384, grace: 5_000, matching: 3_000 };

export type Threads = ReturnType<typeof previewThreads>;

/** Threads in which previews are made, beside those of syncs: nobody waits for a sync to see one. */
export function previewThreads({ log }: Pick<Deps, 'log'>) {
  let pool: Piscina | null = null;

  const threads = () => {
    if (pool) return pool;
    pool = new Piscina({
      filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
      minThreads: 0,
      maxThreads: most.threads,
      maxQueue: most.waiting,
      idleTimeout: 10_000,
      niceIncrement: 10,
      resourceLimits: { maxOldGenerationSizeMb: most.megabytes, maxYoungGenerationSizeMb: 16 },
    });
    pool.on('error', (error) => log.error({ err: error }, 'a thread of previews died'));
    return pool;
  };

  return {
    /** What cannot be read, or takes too much, is told by its `reason`. */
    async read(task: Task): Promise<Preview> {
      const overdue = AbortSignal.timeout(limits.time + most.grace);
      try {
        return (await threads().run(task, { name: 'read', signal: overdue })) as Preview;
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        if (message === 'Task queue is at limit')
          throw new TooMany('Others are waiting for previews too: try again in a moment', 10);
        if (overdue.aborted) return nothing(tooSlow(0));
        if (code === 'ERR_WORKER_OUT_OF_MEMORY')
          return nothing('it needs more memory than a preview may use');
        throw error;
      }
    },

    /** The same addresses by other globs. */
    match: (
      candidates: Candidate[],
      globs: { include?: string[]; exclude?: string[] },
    ): Promise<Candidate[]> =>
      threads().run(
        { candidates, ...globs },
        { name: 'match', signal: AbortSignal.timeout(most.matching) },
      ) as Promise<Candidate[]>,

    async stop(): Promise<void> {
      await pool?.destroy();
      pool = null;
    },
  };
}

const nothing = (reason: string): Preview => ({
  rows: [],
  problems: [],
  remarks: [],
  read: 0,
  expected: null,
  isWhole: false,
  reason,
  addresses: null,
});
