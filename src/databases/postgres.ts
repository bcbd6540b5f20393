import knex, { type Knex } from 'knex';
import pg from 'pg';
import type { Database, Settings } from '../database.js';
import { refuseHalfCopied } from './copy/marker.js';
import { migrateToLatest } from './migrations.js';

const most = { writing: 10, reading: 4 };
/** In ms. A process that is frozen or cut off in the middle of a transaction holds up the others no longer than this. */
const longestPause = 15_000;
const migrating = "hashtextextended('hookbell migrations', 0)";

// Counts and times are bigint in the tables, and none comes near 2^53.
const bigint = 20;
const types: Knex.PgCustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === bigint ? Number : pg.types.getTypeParser(oid, format as 'text')),
};

/** A pool of connections that write, and one for long reads, so that these never hold up the others. */
export function openPostgres(settings: Settings & { databaseUrl: string; isCopying?: boolean }): Database {
  const db = postgres(settings, most.writing);
  const reader = postgres(settings, most.reading);
  return {
    db,
    reader,
    migrate: () =>
      alone(settings, async () => {
        if (!settings.isCopying) await refuseHalfCopied(db);
        await migrateToLatest(db);
      }),
    close: async () => {
      await reader.destroy();
      await db.destroy();
    },
  };
}

function postgres(
  { databaseUrl, acquireTimeout = 60_000 }: Settings & { databaseUrl: string },
  connections: number,
  pause = longestPause,
): Knex {
  return knex({
    client: 'pg',
    connection: { connectionString: databaseUrl, types, application_name: 'hookbell', keepAlive: true },
    // Knex's errors print the values bound to the statement, secrets among them.
    compileSqlOnError: false,
    // It would print beside the log what it throws as well.
    log: { warn: () => {} },
    acquireConnectionTimeout: acquireTimeout,
    pool: {
      min: 0,
      max: connections,
      // Poolers refuse it among the parameters of a connection.
      afterCreate: (driver: Driver, done: (error: Error | null, driver: Driver) => void) =>
        driver.query(`SET idle_in_transaction_session_timeout = ${pause}`, (error) => done(error, driver)),
    },
  });
}

type Driver = { query: (sql: string, done: (error: Error | null) => void) => void };

/** Runs `work` while no other process does; the lock ends with the connection, so one that dies lets go. */
async function alone(settings: Settings & { databaseUrl: string }, work: () => Promise<void>): Promise<void> {
  const lock = postgres(settings, 1, 0);
  try {
    await lock.transaction(async (tx) => {
      await tx.raw(`SELECT pg_advisory_xact_lock(${migrating})`);
      await work();
    });
  } finally {
    await lock.destroy();
  }
}
