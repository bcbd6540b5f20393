import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, type Settings } from '../../src/database.js';
import { dropDatabase, newDatabase } from './postgres.js';
import { temporaryFolder } from './processes.js';

/** Set while the tests run on PostgreSQL: where it is. */
const server = process.env.TEST_POSTGRES;
const databases = new Map<string, string>();

export const engine = server ? 'postgres' : 'sqlite';

let pattern: Promise<Settings> | undefined;

/** Migrated once in this process; every database of the tests begins as a copy of it. */
const migrated = async (): Promise<Settings> => {
  const settings = { dataDir: temporaryFolder(), databaseUrl: server && (await newDatabase(server)) };
  const database = openDatabase(settings);
  await database.migrate();
  await database.close();
  return settings;
};

/**
 * Sees to a migrated database for whoever has this data folder; a folder that had one keeps it. Returns its
 * `DATABASE_URL`, none on SQLite.
 */
export async function databaseFor(folder: string): Promise<string | undefined> {
  const known = databases.get(folder);
  if (known) return known;
  pattern ??= migrated();
  const { dataDir, databaseUrl } = await pattern;
  if (server) {
    const url = await newDatabase(server, databaseUrl);
    databases.set(folder, url);
    return url;
  }
  const file = join(folder, 'hookbell.sqlite');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    copyFileSync(join(dataDir, 'hookbell.sqlite'), file);
  }
  return undefined;
}

export async function dropDatabaseOf(folder: string): Promise<void> {
  const url = databases.get(folder);
  if (!url) return;
  databases.delete(folder);
  await dropDatabase(url);
}
