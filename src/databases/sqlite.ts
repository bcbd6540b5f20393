import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import knex, { type Knex } from 'knex';
import type { Database, Settings } from '../database.js';
import { migrateToLatest } from './migrations.js';

// auto_vacuum comes first: it is fixed by the first write, and journal_mode writes.
const forWriting = ['auto_vacuum=INCREMENTAL', 'journal_mode=WAL', 'synchronous=FULL', 'foreign_keys=ON'];
const mainFile = 'hookbell.sqlite';

/** One connection that writes, and two that read, which never wait for it (nor it for them). */
export function openSqlite(settings: Settings): Database {
  const db = sqlite(settings, { pragmas: forWriting });
  const reader = sqlite(settings, { pragmas: ['query_only=ON'], connections: 2 });
  return {
    db,
    reader,
    async migrate() {
      mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
      await alone(settings, () => migrateToLatest(db));
    },
    close: async () => {
      await reader.destroy();
      await db.destroy();
    },
  };
}

/**
 * Writes a consistent copy of the database to `file` (mode 0600), while others write to it. Throws when there
 * is such a file already, or no database.
 */
export async function copySqlite(settings: Settings, file: string): Promise<void> {
  if (!existsSync(join(settings.dataDir, mainFile)))
    throw new Error(`There is no database in ${settings.dataDir}`);
  // VACUUM INTO takes an empty file too: this one refuses to be made twice, and is nobody else's to read.
  const copy = newFile(file);
  const source = sqlite(settings);
  try {
    await source.raw('VACUUM INTO ?', [file]);
    fsyncSync(copy);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(copy);
    await source.destroy();
  }
}

/** One connection that reads a file which is there already. */
export const openSqliteFile = (file: string): Knex =>
  sqlite({ dataDir: dirname(file) }, { file: basename(file), pragmas: ['query_only=ON'] });

function newFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(code === 'EEXIST' ? `${file} exists already` : `Cannot write ${file} (${code})`);
  }
}

type Kind = { file?: string; pragmas?: string[]; connections?: number; busyTimeout?: number };

function sqlite(
  { dataDir, acquireTimeout = 60_000 }: Settings,
  { file = mainFile, pragmas = [], connections = 1, busyTimeout = 5000 }: Kind = {},
): Knex {
  return knex({
    client: 'sqlite3',
    connection: { filename: join(dataDir, file) },
    useNullAsDefault: true,
    // Knex's errors print the values bound to the statement, secrets among them.
    compileSqlOnError: false,
    // It would print beside the log what it throws as well.
    log: { warn: () => {} },
    acquireConnectionTimeout: acquireTimeout,
    pool: {
      min: 0,
      max: connections,
      idleTimeoutMillis: 2 ** 31 - 1,
      afterCreate: (driver: Driver, done: (error: Error | null, driver: Driver) => void) =>
        immediately(driver).exec(
          [`busy_timeout=${busyTimeout}`, ...pragmas].map((pragma) => `PRAGMA ${pragma};`).join(''),
          (error) => done(error, driver),
        ),
    },
  });
}

type Driver = {
  exec: (sql: string, done: (error: Error | null) => void) => void;
  all: (sql: string, ...rest: unknown[]) => void;
};

/**
 * Transactions take the write lock when they begin. One that reads first and then writes is refused at once,
 * whatever the busy timeout, when another process (the command line) wrote in between.
 */
function immediately(driver: Driver): Driver {
  const all = driver.all.bind(driver);
  driver.all = (sql, ...rest) => all(sql === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : sql, ...rest);
  return driver;
}

/** Runs `work` while no other process does; a process that dies lets go. */
async function alone(settings: Settings, work: () => Promise<void>): Promise<void> {
  const lock = sqlite(settings, { file: 'migrating.lock', busyTimeout: 60_000 });
  try {
    await lock.transaction(work);
  } finally {
    await lock.destroy();
  }
}
