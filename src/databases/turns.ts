import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { isPostgres } from '../records.js';

/** Who, of the processes on one database, does a chore that one of them is enough for. */
export type Turns = {
  /** Does `work`, unless another process does it or has just done it. */
  inTurn: (chore: string, work: () => Promise<unknown>) => Promise<void>;
  /** Leaves the chores to the others at once, instead of some seconds later. */
  stop: () => Promise<void>;
};

/** Longer than the clocks of two machines differ, shorter than the pause between two turns. */
const lease = 8_000;
const renewal = 2_000;
const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Saves work and is no lock: who was frozen for longer than the lease goes on beside the next one. */
export function turns(db: Knex): Turns {
  if (!isPostgres(db)) return { inTurn: async (_chore, work) => void (await work()), stop: async () => {} };
  const own = randomUUID();

  async function take(chore: string): Promise<boolean> {
    const { rowCount } = await db.raw(
      `INSERT INTO chores AS held (name, holder, until) VALUES (?, ?, ${now} + ?)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
       WHERE held.holder = excluded.holder OR held.until <= ${now}`,
      [chore, own, lease],
    );
    return rowCount > 0;
  }

  return {
    async inTurn(chore, work) {
      if (!(await take(chore))) return;
      // A renewal that fails is made up by the next one; at worst another process begins too.
      const renewing = setInterval(() => take(chore).catch(() => false), renewal);
      try {
        await work();
      } finally {
        clearInterval(renewing);
      }
    },
    async stop() {
      await db('chores')
        .where({ holder: own })
        .delete()
        .catch(() => 0);
    },
  };
}
