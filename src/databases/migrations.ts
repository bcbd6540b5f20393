import { join } from 'node:path';
import type { Knex } from 'knex';
import { whyAway } from './away.js';
import { Unusable } from './unusable.js';

const config: Knex.MigratorConfig = {
  directory: join(import.meta.dirname, '../../../migrations'),
  tableName: 'migrations',
  loadExtensions: ['.js'],
};

/** Brings the tables up to date; the caller sees to it that no other process does at the same time. */
export async function migrateToLatest(db: Knex): Promise<void> {
  if ((await pending(db)).length === 0) return;
  // Nobody else is here: a lock found now was left by a process that died in the middle.
  await db.migrate.forceFreeMigrationsLock(config);
  let current = '';
  const beforeEach = async (_tx: unknown, [next]: unknown[]) => {
    current = (next as Pending).file;
  };
  // All that are pending are one transaction.
  await db.migrate.latest({ ...config, beforeEach }).catch((error: Error) => {
    if (whyAway(error)) throw error;
    // Knex puts the whole statement before what the driver says.
    const reason = error.message.split(' - ').at(-1);
    throw new Unusable(
      `The migration ${current} failed: ${reason}. Nothing was changed. Put right what it names and start again, ` +
        'or start the version from before',
      { cause: error },
    );
  });
}

type Pending = { file: string };

/** The names of the migrations that are still to be made. */
async function pending(db: Knex): Promise<string[]> {
  const [, files] = (await db.migrate.list(config).catch(refuseNewer)) as [unknown[], Pending[]];
  return files.map(({ file }) => file);
}

function refuseNewer(error: Error): never {
  const missing = /following files are missing: (.*)/.exec(error.message)?.[1];
  if (!missing) throw error;
  throw new Unusable(
    `A newer version of Hookbell has used this database (it has ${missing}): start that one, or put back a backup from before`,
  );
}
