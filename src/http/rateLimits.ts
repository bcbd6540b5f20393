import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { isPostgres } from '../records.js';

/** So many `points` within `duration` (s). Limits of one database that have the same `name` are one. */
export type Limit = {
  name: string;
  points: number;
  duration: number;
  /** Counts are never taken back: who is over the limit is refused without another look into the database. */
  isStrict?: boolean;
};

export type Limiter = Pick<RateLimiterMemory, 'consume' | 'penalty' | 'reward' | 'block' | 'delete'>;
export type MakeLimiter = (limit: Limit) => Limiter;

const table = 'rate_limits';
const anHour = 3_600_000;

/** For the only process on a database, and for as long as a database is away. */
export const inMemory: MakeLimiter = ({ name, points, duration }) =>
  new RateLimiterMemory({ keyPrefix: name, points, duration });

/** Limits that hold over all the processes on this database. */
export const rateLimits = (db: Knex): MakeLimiter => (isPostgres(db) ? inDatabase(db) : inMemory);

const inDatabase =
  (db: Knex): MakeLimiter =>
  ({ name, points, duration, isStrict = false }) => {
    const limiter = new RateLimiterPostgres({
      storeClient: db,
      storeType: 'knex',
      tableName: table,
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: name,
      points,
      duration,
      ...(isStrict && { inMemoryBlockOnConsumed: points + 1 }),
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points, duration }),
    });
    // Neither addresses nor what strangers type belong into a table, whatever their length.
    return {
      consume: (key, ...rest) => limiter.consume(digest(key), ...rest),
      penalty: (key, ...rest) => limiter.penalty(digest(key), ...rest),
      reward: (key, ...rest) => limiter.reward(digest(key), ...rest),
      block: (key, ...rest) => limiter.block(digest(key), ...rest),
      delete: (key, ...rest) => limiter.delete(digest(key), ...rest),
    };
  };

const digest = (key: string | number) => createHash('sha256').update(String(key)).digest('base64url');

/** Counts a call: ms to wait where that was one too many, else null. */
export async function waitOf(limiter: Limiter, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    return Math.max(1, refused.msBeforeNext);
  }
}

/** Removes the counts of what was over an hour before `at` (ms). */
export async function forgetRateLimits(db: Knex, at: number): Promise<void> {
  if (isPostgres(db))
    await db(table)
      .where('expire', '<', at - anHour)
      .delete();
}
