import { join } from 'node:path';
import type { Settings } from '../database.js';
import { whyAway } from './away.js';

/** Hookbell cannot start on this database; the message tells whoever starts it why, and what to do. */
export class Unusable extends Error {
  override name = 'Unusable';
}

const putBack =
  'Nothing was changed. Put back a backup, without the files beside it that end in -wal and -shm; ' +
  'keep the damaged one for whoever may save more of it';

const notWritable = ['EROFS', 'EACCES', 'EPERM', 'SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM'];

/** What went wrong with opening the database or bringing it up to date, in words. */
export function unusable(error: unknown, settings: Settings): Error {
  if (error instanceof Unusable) return error;
  const { code = '', message } = error as { code?: string; message: string };
  const { databaseUrl, dataDir } = settings;
  const why = whyAway(error);
  if (databaseUrl) {
    const { hostname, port, pathname } = new URL(databaseUrl);
    const place = `DATABASE_URL: the database ${pathname.slice(1)} at ${hostname}:${port || 5432}`;
    return new Unusable(`${place} cannot be used: ${why ? `${why} (${message})` : message}`, {
      cause: error,
    });
  }
  const file = join(dataDir, 'hookbell.sqlite');
  if (notWritable.includes(code))
    return new Unusable(
      `DATA_DIR: ${dataDir} cannot be written (${code}): give it to the user who runs this`,
    );
  if (code === 'SQLITE_NOTADB') return new Unusable(`${file} is no database, or damaged. ${putBack}`);
  if (code === 'SQLITE_CORRUPT') return new Unusable(`${file} is damaged. ${putBack}`);
  return new Unusable(`${file} cannot be used: ${why ?? message}`, { cause: error });
}
