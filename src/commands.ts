import type { Config } from './config.js';

// Each command loads what it needs when it is run: help and what is mistyped are answered at once.
const accounts = () => import('./accounts/commands.js');
const configuration = () => import('./configuration/commands.js');
const databases = () => import('./databases/commands.js');

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
      run: async (given, config) => (await accounts()).createUser(given, config),
    },
  ],
  [
    'api-key create',
    {
      usage: '--email E [--name N]',
      about: 'makes an API key that acts as that user, and prints it',
      options: ['email', 'name'],
      required: ['email'],
      run: async (given, config) => (await accounts()).createApiKey(given, config),
    },
  ],
  [
    'config export',
    {
      usage: '[--passphrase-file F]',
      about: 'prints bots with what belongs to them as JSON; secrets only with a passphrase, encrypted',
      options: ['passphrase-file'],
      required: [],
      run: async (given, config) => (await configuration()).exportConfiguration(given, config),
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
      run: async (given, config) => (await configuration()).importConfiguration(given, config),
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
      run: async (given, config) => (await databases()).backup(given, config),
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
      run: async (given) => (await databases()).move(given),
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
