import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deps } from '../deps.js';
import { checkpoint, giveBackPages, isSqlite, pagesToGiveBack } from './file.js';
import { inSmallSteps } from './steps.js';

/** The write-ahead log in bytes; 0 where there is none. */
export const walSize = ({ dataDir }: Deps['config']): Promise<number> =>
  stat(join(dataDir, 'hookbell.sqlite-wal')).then(
    ({ size }) => size,
    () => 0,
  );

/** As long as SQLite leaves it by itself. */
const ordinaryLog = 8_000_000;
/** Some milliseconds of work. */
const pagesAStep = 250;

/** Makes the database file shorter where much of it is free, in small steps between which others write. */
export async function giveSpaceBack({
  config,
  db,
  reader,
}: Pick<Deps, 'config' | 'db' | 'reader'>): Promise<void> {
  if (!isSqlite(db)) return;
  let given = 0;
  await inSmallSteps(async () => {
    const pages = Math.min(pagesAStep, await pagesToGiveBack(db));
    if (pages > 0) await giveBackPages(db, pages);
    given += pages;
    return pages === pagesAStep;
  });
  if (given > 0 || (await walSize(config)) > ordinaryLog) await checkpoint({ db, reader });
}
