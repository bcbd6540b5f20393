import type { Knex } from 'knex';

/** The database file in bytes: all of it, and how much of that is free for what is written next. */
export type FileSize = { bytes: number; free: number };

type Pages = { size: number; count: number; free: number };

/** PostgreSQL keeps its own files in order (autovacuum). */
export const isSqlite = (connection: Knex) => connection.client.config.client === 'sqlite3';

/** Of SQLite only. */
export async function fileSize(connection: Knex): Promise<FileSize> {
  const { size, count, free } = await pagesOf(connection);
  return { bytes: count * size, free: free * size };
}

/** What is written next takes these instead of making the file longer: a twentieth of it, at least 4 MB. */
const reserve = ({ count }: Pages) => Math.max(1024, Math.round(count / 20));

/** Pages that the file could do without. */
export async function pagesToGiveBack(connection: Knex): Promise<number> {
  const pages = await pagesOf(connection);
  return Math.max(0, pages.free - reserve(pages));
}

/** Takes `pages` free pages out of the file; it is shorter after the next checkpoint. */
export async function giveBackPages(db: Knex, pages: number): Promise<void> {
  await db.raw(`PRAGMA incremental_vacuum(${pages})`);
}

/**
 * Brings what is in the write-ahead log into the file and empties the log. Never waits for anybody: while somebody
 * reads what is older than the log, it does what it can, and the next turn does the rest.
 */
export async function checkpoint({ db, reader }: { db: Knex; reader: Knex }): Promise<void> {
  // The long part, beside whoever writes.
  await reader.raw('PRAGMA wal_checkpoint(PASSIVE)');
  const connection = await db.client.acquireConnection();
  const ask = (sql: string) => db.raw(sql).connection(connection);
  const [before] = await ask('PRAGMA busy_timeout');
  try {
    await ask('PRAGMA busy_timeout=0');
    await ask('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    await ask(`PRAGMA busy_timeout=${before.timeout}`);
    await db.client.releaseConnection(connection);
  }
}

async function pagesOf(connection: Knex): Promise<Pages> {
  const [row] = await connection.raw(
    `SELECT page_size AS size, page_count AS count, freelist_count AS free
     FROM pragma_page_size, pragma_page_count, pragma_freelist_count`,
  );
  return row;
}
