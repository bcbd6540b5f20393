import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { type Notices, nobodyElse, postgresNotices } from './databases/notices.js';
import { openPostgres } from './databases/postgres.js';
import { openSqlite } from './databases/sqlite.js';
import { unusable } from './databases/unusable.js';

export type Database = {
  /** Writes. */
  db: Knex;
  /** Reads, beside the writes: what is committed. */
  reader: Knex;
  /** Brings the tables up to date, once however many processes start at the same time. Throws `Unusable`. */
  migrate: () => Promise<void>;
  close: () => Promise<void>;
};

export type Settings = Pick<Config, 'dataDir'> & { databaseUrl?: string; acquireTimeout?: number };

/** The database at `DATABASE_URL`; without one that in `DATA_DIR`, made where it is missing. */
export function openDatabase(settings: Settings): Database {
  const { databaseUrl } = settings;
  const database = databaseUrl ? openPostgres({ ...settings, databaseUrl }) : openSqlite(settings);
  const explain = (error: unknown) => {
    throw unusable(error, settings);
  };
  return { ...database, migrate: () => database.migrate().catch(explain) };
}

/** How the processes on this database tell each other; on SQLite there is only one. */
export function noticesOf({ databaseUrl }: Settings, { db }: Database, log: Logger): Notices {
  return databaseUrl ? postgresNotices(databaseUrl, db, log) : nobodyElse;
}
