import { join } from 'node:path';
import type { Knex } from 'knex';

const config: Knex.MigratorConfig = {
  directory: join(import.meta.dirname, '../../../migrations'),
  tableName: 'migrations',
  loadExtensions: ['.js'],
};

/** Brings the tables up to date; the caller sees to it that no other process does at the same time. */
export async function migrateToLatest(db: Knex): Promise<void> {
  const [, pending] = (await db.migrate.list(config)) as [unknown[], unknown[]];
  if (pending.length === 0) return;
  // Nobody else is here: a lock found now was left by a process that died in the middle.
  await db.migrate.forceFreeMigrationsLock(config);
  await db.migrate.latest(config);
}
