import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { commandLine } from './accounts/actor.js';
import { newApiKey, newUser } from './accounts/schema.js';
import { type AccountService, accountService } from './accounts/service.js';
import type { Config } from './config.js';
import { openDatabase } from './database.js';
import { copy } from './databases/copy/copy.js';
import { proved } from './databases/copy/proved.js';
import { fileOf } from './databases/copy/source.js';
import { copySqlite } from './databases/sqlite.js';
import { Conflict, NotFound } from './errors.js';
import { databaseUrl } from './settingTypes.js';
import { createVault, secretKeyFrom } from './vault.js';

const copyTarget = z.object({ to: databaseUrl });

/** The options of a command by name, and `file` for the FILE of one that takes it. A flag that is given is true. */
export type Given = Record<string, string>;

type Command = {
  usage: string;
  about: string;
  options: string[];
  /** Options without a value. */
  flags?: string[];
  required: string[];
  takesFile?: boolean;
  /** What to print on stdout. */
  run: (given: Given, config: Config) => Promise<string | null>;
};

export const commands = new Map<string, Command>([
  [
    'user create',
    {
      usage: '--email E --name N --role admin|agent --password P',
      about: "makes a user and prints the user's id",
      options: ['email', 'name', 'role', 'password'],
      required: ['email', 'name', 'role', 'password'],
      run: (given, config) =>
        withAccounts(config, async (accounts) => {
          const user = await accounts.createUser(newUser.parse(given), commandLine, Date.now());
          return user.id;
        }),
    },
  ],
  [
    'api-key create',
    {
      usage: '--email E [--name N]',
      about: 'makes an API key that acts as that user, and prints it',
      options: ['email', 'name'],
      required: ['email'],
      run: (given, config) =>
        withAccounts(config, async (accounts) => {
          const { name } = newApiKey.parse({ name: given.name ?? 'Command line' });
          const user = await accounts.findByEmail(given.email!.trim().toLowerCase());
          if (!user) throw new NotFound(`User ${given.email}`);
          return accounts.createApiKey(user, name, commandLine, Date.now());
        }),
    },
  ],
  [
    'config export',
    {
      usage: '[--passphrase-file F]',
      about: 'prints bots with what belongs to them as JSON; secrets only with a passphrase, encrypted',
      options: ['passphrase-file'],
      required: [],
      run: async (given, config) => (await fromFile()).exportConfiguration(given, config),
    },
  ],
  [
    'config import',
    {
      usage: 'FILE [--dry-run] [--passphrase-file F]',
      about: 'makes and changes what the file says, deletes nothing, and prints the difference',
      options: ['passphrase-file'],
      flags: ['dry-run'],
      required: ['file'],
      takesFile: true,
      run: async (given, config) => (await fromFile()).importConfiguration(given, config),
    },
  ],
  [
    'backup',
    {
      usage: 'FILE',
      about: 'writes a consistent copy of the database, while the server runs',
      options: [],
      required: ['file'],
      takesFile: true,
      run: async ({ file }, config) => {
        if (config.databaseUrl) throw new Conflict('The data is in PostgreSQL: back it up with pg_dump');
        await copySqlite(config, resolve(file!));
        return null;
      },
    },
  ],
  [
    'copy',
    {
      usage: '--from sqlite:FILE --to postgres://…',
      about:
        'moves all data to PostgreSQL, goes on where it was interrupted, and proves it; stop Hookbell first',
      options: ['from', 'to'],
      required: ['from', 'to'],
      run: async ({ from, to }) => {
        const file = fileOf(from!);
        const url = copyTarget.parse({ to }).to;
        const say = (line: string) => process.stderr.write(`${line}\n`);
        say(`Copying ${file} as it is now: what is written to it from here on stays behind`);
        return proved(await copy(file, url, say), dirname(file), url);
      },
    },
  ],
  ['help', { usage: '', about: 'prints this', options: [], required: [], run: async () => help() }],
]);

export function help(): string {
  const lines = [...commands].map(
    ([name, { usage, about }]) => `  ${`${name} ${usage}`.trim()}\n      ${about}`,
  );
  return ['Usage: npm run --silent hookbell -- COMMAND', '', ...lines].join('\n');
}

// It needs all services: the other commands start faster without them.
const fromFile = () => import('./configuration/commands.js');

async function withAccounts<T>(config: Config, work: (accounts: AccountService) => Promise<T>): Promise<T> {
  const database = openDatabase(config);
  try {
    await database.migrate();
    return await work(accountService({ db: database.db, vault: createVault(secretKeyFrom(config)) }));
  } finally {
    await database.close();
  }
}
