import type { Knex } from 'knex';
import { isPostgres } from '../../src/records.js';

/** Lets every insert into a table fail with “disk full”; returns what ends that. */
export async function refuseInserts(db: Knex, table: string): Promise<() => Promise<void>> {
  if (isPostgres(db)) {
    await db.raw(
      `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$`,
    );
    await db.raw(
      `CREATE TRIGGER disk_full BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION disk_full()`,
    );
    return () => db.raw('DROP FUNCTION disk_full CASCADE');
  }
  await db.raw(
    `CREATE TRIGGER disk_full BEFORE INSERT ON ${table} BEGIN SELECT raise(ABORT, 'disk full'); END`,
  );
  return () => db.raw('DROP TRIGGER disk_full');
}
