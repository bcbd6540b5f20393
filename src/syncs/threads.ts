import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Deps } from '../deps.js';

export type SyncThreads = ReturnType<typeof syncThreads>;

type Options = {
  /** What the heap of each may hold. */
  megabytes?: number;
  /** In ms: how long one with nothing to do is kept, its tokenizer loaded. */
  idle?: number;
};

/** The worker threads that read data sources, at most so many at once. */
export function syncThreads(
  { log }: Pick<Deps, 'log'>,
  most: number,
  { megabytes = 512, idle = 10_000 }: Options = {},
) {
  let pool: Piscina | null = null;
  return {
    megabytes,

    pool(): Piscina {
      if (pool) return pool;
      pool = new Piscina({
        filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
        minThreads: 0,
        maxThreads: most,
        idleTimeout: idle,
        // Serving goes before syncing (on Linux).
        niceIncrement: 10,
        resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 16 },
      });
      // Of a thread that dies with nothing to do; unheard, it would end the process.
      pool.on('error', (error) => log.error({ err: error }, 'a worker thread died'));
      return pool;
    },

    async end(): Promise<void> {
      await pool?.destroy();
      pool = null;
    },
  };
}
