import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import type { Config } from './config.js';

/** One connection that writes, and one for long reads which never waits for it (nor it for them). */
export type Database = {
  db: Knex;
  reader: Knex;
  migrate: () => Promise<void>;
  close: () => Promise<void>;
};

type Settings = Pick<Config, 'dataDir'> & { acquireTimeout?: number };

const migrations = join(import.meta.dirname, '../../migrations');

/** Opens (and makes, where it is missing) the database in `DATA_DIR`. */
export function openDatabase(settings: Settings): Database {
  mkdirSync(settings.dataDir, { recursive: true });
  const db = sqlite(
    settings,
    ['journal_mode=WAL', 'auto_vacuum=INCREMENTAL', 'synchronous=FULL', 'foreign_keys=ON'],
    1,
  );
  const reader = sqlite(settings, ['query_only=ON'], 2);
  return {
    db,
    reader,
    migrate: () => migrateToLatest(db),
    close: async () => {
      await reader.destroy();
      await db.destroy();
    },
  };
}

function sqlite(
  { dataDir, acquireTimeout = 60_000 }: Settings,
  pragmas: string[],
  connections: number,
): Knex {
  type Driver = { exec: (sql: string, done: (error: Error | null) => void) => void };
  return knex({
    client: 'sqlite3',
    connection: { filename: join(dataDir, 'hookbell.sqlite') },
    useNullAsDefault: true,
    // Knex's errors print the values bound to the statement, secrets among them.
    compileSqlOnError: false,
    acquireConnectionTimeout: acquireTimeout,
    pool: {
      min: 0,
      max: connections,
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: (driver: Driver, done: (error: Error | null, driver: Driver) => void) =>
        driver.exec(
          ['busy_timeout=5000', ...pragmas].map((pragma) => `PRAGMA ${pragma};`).join(''),
          (error) => done(error, driver),
        ),
    },
  });
}

async function migrateToLatest(db: Knex): Promise<void> {
  const config: Knex.MigratorConfig = {
    directory: migrations,
    tableName: 'migrations',
    loadExtensions: ['.js'],
  };
  const [, pending] = (await db.migrate.list(config)) as [unknown[], unknown[]];
  if (pending.length === 0) return;
  // One process owns a SQLite file: a lock found here was left by one that died in the middle.
  await db.migrate.forceFreeMigrationsLock(config);
  await db.migrate.latest(config);
}
