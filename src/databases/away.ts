const words: Record<string, string> = {
  SQLITE_BUSY: 'another program holds it locked',
  SQLITE_FULL: 'the disk is full',
  ENOSPC: 'the disk is full',
  SQLITE_IOERR: 'the disk cannot be read or written',
  SQLITE_READONLY: 'it cannot be written',
  SQLITE_CANTOPEN: 'its folder cannot be read or written',
  SQLITE_CORRUPT: 'its file is damaged',
  SQLITE_NOTADB: 'its file is damaged',
  ECONNREFUSED: 'PostgreSQL does not answer',
  ECONNRESET: 'the connection to PostgreSQL was lost',
  EPIPE: 'the connection to PostgreSQL was lost',
  ETIMEDOUT: 'PostgreSQL does not answer',
  ENOTFOUND: 'the host of PostgreSQL is not known',
  EAI_AGAIN: 'the host of PostgreSQL is not known',
  // PostgreSQL, appendix A.
  '25006': 'PostgreSQL only reads',
  '25P03': 'PostgreSQL ended a transaction that took too long',
  '40001': 'others were writing the same',
  '40P01': 'others were writing the same',
  '57P01': 'PostgreSQL is being stopped',
  '57P02': 'PostgreSQL is being stopped',
  '57P03': 'PostgreSQL is being started',
};

/** Classes of PostgreSQL: connections, resources. */
const families: [RegExp, string][] = [
  [/^08/, 'the connection to PostgreSQL was lost'],
  [/^53/, 'PostgreSQL has no room for more'],
];

/** At the end, where a driver gives no code; Knex puts the statement before it. */
const messages: [RegExp, string][] = [
  [
    /(Connection terminated( unexpectedly)?|Client has encountered a connection error and is not queryable)$/,
    'the connection to PostgreSQL was lost',
  ],
  [/^Unable to acquire a connection$|^Knex: Timeout acquiring a connection/, 'it is too busy'],
];

/** Why the database could not do something that it may well do later; null for any other error. */
export function whyAway(error: unknown): string | null {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === 'string' ? (words[code] ?? find(families, code)) : null;
  return known ?? find(messages, String(message));
}

const find = (among: [RegExp, string][], text: string) =>
  among.find(([pattern]) => pattern.test(text))?.[1] ?? null;
