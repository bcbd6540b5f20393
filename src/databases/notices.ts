import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Knex } from 'knex';
import pg from 'pg';
import type { Logger } from 'pino';

/** What processes on one database tell each other. None is durable: whoever misses one finds out by looking. */
export type Notices = {
  /** Tells all other processes; never fails, and never waits. */
  tell: (subject: string, details: object) => void;
  /** What the others tell of a subject. */
  hear: (subject: string, then: (details: never) => void) => void;
  /** Begins to hear; `missed` is called whenever something may have been missed. */
  start: (missed: () => void) => Promise<void>;
  stop: () => Promise<void>;
};

/** For the only process on a database: there is nobody to tell. */
export const nobodyElse: Notices = {
  tell: () => {},
  hear: () => {},
  start: async () => {},
  stop: async () => {},
};

const channel = 'hookbell';
/** PostgreSQL refuses payloads of 8,000 bytes (postgresql.org/docs/current/sql-notify.html). */
const longest = 7_900;
const pause = 1_000;

type Notice = { from: string; subject: string; details: object };

/** By LISTEN and NOTIFY. What is too long is not told. */
export function postgresNotices(databaseUrl: string, db: Knex, log: Logger): Notices {
  const own = randomUUID();
  const heard = new Map<string, (details: never) => void>();
  let connection: pg.Client | null = null;
  const stopping = new AbortController();

  function receive({ payload = '' }: pg.Notification): void {
    const { from, subject, details } = JSON.parse(payload) as Notice;
    if (from !== own) heard.get(subject)?.(details as never);
  }

  /** Listens by a new connection; what is returned is over when that ends. */
  async function listen(): Promise<{ over: Promise<void> }> {
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'hookbell notices',
      keepAlive: true,
    });
    client.on('notification', receive);
    client.on('error', (error) => log.warn({ err: error }, 'the connection for notices was lost'));
    const over = new Promise<void>((resolve) => client.once('end', resolve));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    connection = client;
    if (stopping.signal.aborted) await client.end();
    return { over };
  }

  /** One connection after the other, never two: one that cannot be made both fails and ends. */
  async function goOn(first: { over: Promise<void> }, missed: () => void): Promise<void> {
    for (let listening: typeof first | null = first; !stopping.signal.aborted; ) {
      await listening?.over;
      connection = null;
      await wait(pause, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      listening = await listen().catch(() => null);
      if (listening) missed();
    }
  }

  return {
    tell(subject, details) {
      // A pool that is being closed would let it wait for its whole patience.
      if (stopping.signal.aborted) return;
      const text = JSON.stringify({ from: own, subject, details } satisfies Notice);
      if (Buffer.byteLength(text) > longest) return;
      db.raw('SELECT pg_notify(?, ?)', [channel, text]).catch((error: Error) =>
        log.warn({ err: error, subject }, 'the other processes could not be told'),
      );
    },
    hear: (subject, then) => void heard.set(subject, then),
    async start(missed) {
      void goOn(await listen(), missed);
    },
    async stop() {
      stopping.abort();
      await connection?.end();
    },
  };
}
