import type { Knex } from 'knex';
import { isPostgres } from '../records.js';

/** Whoever else locks this name waits until the transaction has ended. On SQLite writers wait for each other anyway. */
export async function lock(tx: Knex, name: string): Promise<void> {
  if (isPostgres(tx)) await tx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [name]);
}
