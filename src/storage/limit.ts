import type { Knex } from 'knex';
import type { OutboxPruner } from '../outbox/prune.js';
import { fileSize, isSqlite } from './file.js';
import { inSmallSteps } from './steps.js';

const most = 100;

type Logs = {
  outbox: OutboxPruner;
  /** Removes up to `most` syncs that finished before `before`; returns how many. */
  pruneSyncs: (before: number, most: number) => Promise<number>;
};

/** What the tables and indexes hold: what `RETENTION_SIZE` limits. Free pages do not count, they are given back. */
export async function usedBytes(connection: Knex): Promise<number> {
  const { bytes, free } = await fileSize(connection);
  return bytes - free;
}

/**
 * While the database holds more than `limit` bytes, the oldest of what is over goes: deliveries with their attempts
 * and events, and syncs. Never what waits, nor what bots know.
 */
export async function keepWithinSize(
  db: Knex,
  limit: number | null,
  { outbox, pruneSyncs }: Logs,
  at: number,
): Promise<void> {
  if (limit === null || !isSqlite(db)) return;
  await inSmallSteps(async () => {
    if ((await usedBytes(db)) <= limit) return false;
    const until = await outbox.oldest(most);
    const before = until === null ? at : until + 1;
    const more = await outbox.step(before, most);
    const syncs = await pruneSyncs(before, most);
    return until !== null || more || syncs > 0;
  });
}
