import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.js';
import { Conflict } from '../errors.js';
import { databaseUrl } from '../settingTypes.js';
import { copy } from './copy/copy.js';
import { proved } from './copy/proved.js';
import { fileOf } from './copy/source.js';
import { copySqlite } from './sqlite.js';

const copyTarget = z.object({ to: databaseUrl });

/** Writes a consistent copy of the database to the file. */
export async function backup({ file }: { file?: string }, config: Config): Promise<null> {
  if (config.databaseUrl) throw new Conflict('The data is in PostgreSQL: back it up with pg_dump');
  await copySqlite(config, resolve(file!));
  return null;
}

/** Moves all data to PostgreSQL, with its progress on stderr; what proves it, to be printed. */
export async function move({ from, to }: { from?: string; to?: string }): Promise<string> {
  const file = fileOf(from!);
  const url = copyTarget.parse({ to }).to;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(`Copying ${file} as it is now: what is written to it from here on stays behind`);
  return proved(await copy(file, url, say), dirname(file), url);
}
