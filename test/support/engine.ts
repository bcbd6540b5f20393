import { dropDatabase, newDatabase } from './postgres.js';

/** Set while the tests run on PostgreSQL: where it is. */
const server = process.env.TEST_POSTGRES;
const databases = new Map<string, string>();

export const engine = server ? 'postgres' : 'sqlite';

/** The `DATABASE_URL` of whoever has this data folder; none on SQLite. The same folder has the same database again. */
export async function databaseFor(folder: string): Promise<string | undefined> {
  if (!server) return undefined;
  const known = databases.get(folder);
  if (known) return known;
  const url = await newDatabase(server);
  databases.set(folder, url);
  return url;
}

export async function dropDatabaseOf(folder: string): Promise<void> {
  const url = databases.get(folder);
  if (!url) return;
  databases.delete(folder);
  await dropDatabase(url);
}
