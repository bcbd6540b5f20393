import { readFileSync } from 'node:fs';
import { openDatabase, type Settings } from '../../src/database.js';
import { eventually } from '../support/eventually.js';
import { cli, freePort, type Program, program } from '../support/processes.js';
import { type Ledger, startLedger } from './ledger.js';
import type { Context } from './scenario.js';

/** A Hookbell in a process of its own, one webhook of which tells the ledger of each new conversation. */
export type House = Awaited<ReturnType<typeof openHouse>>;

const admin = { ADMIN_EMAIL: 'ada@example.com', ADMIN_PASSWORD: 'a long enough password' };
const usual = {
  HOST: '127.0.0.1',
  SECRET_KEY: 'the key of everything in this house',
  OUTBOUND_ALLOW: '127.0.0.1',
  HOOK_RATE_LIMIT: '0',
  LOG_LEVEL: 'warn',
  RETRY_SCHEDULE: `100ms,200ms,500ms${',1s'.repeat(60)}`,
  ...admin,
};
/** Requests at once to one webhook, unless it is told otherwise. */
export const inFlight = 8;
/** Those, and what was answered while the answers before were being recorded: a kill repeats no more than this. */
export const mostRepeats = 64;
/** In seconds, and more: what a process that died was reading is left to it for a minute, where others may be alive. */
export const untilLeasesEnd = 150;

/** In a namespace of its own, so that it is process 1 as in a container. */
const asPid1 = ['unshare', '--pid', '--fork', '--kill-child'];
const hookbell = ['node', 'dist/src/main.js'];

type Options = { env?: Record<string, string>; isPid1?: boolean };

export async function openHouse(
  context: Pick<Context, 'engine' | 'newDatabase' | 'later'>,
  { env: more = {}, isPid1 = false }: Options = {},
) {
  const ledger: Ledger = await startLedger();
  context.later(ledger.stop);
  const PORT = await freePort();
  const url = `http://127.0.0.1:${PORT}`;
  const env: Record<string, string> = {
    ...usual,
    PORT,
    PUBLIC_URL: url,
    ...(await context.newDatabase()),
    // The leases of who was killed last longer than an attempt; on SQLite nobody waits for them.
    DELIVERY_TIMEOUT: context.engine === 'postgres' ? '3s' : '10s',
    ...more,
  };
  let running: Program | null = null;
  let logged = '';

  function begin(): Program {
    const [file, ...args] = isPid1 ? [...asPid1, ...hookbell] : hookbell;
    running = program(file!, args, env);
    return running;
  }

  async function start(): Promise<void> {
    const begun = begin();
    await eventually('the server is ready', async () => {
      if (begun.child.exitCode !== null) throw new Error(`it ended: ${(await begun.finished).stderr}`);
      return (await fetch(`${url}/readyz`).catch(() => null))?.ok;
    });
  }

  const pid = () => (isPid1 ? childOf(running!.child.pid!) : running!.child.pid!);

  /** Until it has ended, by itself or by this signal. */
  async function end(signal?: NodeJS.Signals): Promise<number | null> {
    if (!running) return null;
    const { child, finished } = running;
    if (signal && child.exitCode === null && child.signalCode === null) process.kill(pid(), signal);
    const { code, stdout, stderr } = await finished;
    logged += stdout + stderr;
    running = null;
    return code;
  }

  await start();
  context.later(() => end('SIGKILL'));
  const made = await cli(['api-key', 'create', '--email', admin.ADMIN_EMAIL], env);
  const headers = { Authorization: `Bearer ${made.stdout.trim()}`, 'Content-Type': 'application/json' };

  /** Null where nobody answers. */
  const ask = (method: string, path: string, body?: object): Promise<Response | null> =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    }).catch(() => null);

  async function api<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await ask(method, path, body);
    if (!answer?.ok) throw new Error(`${method} ${path}: ${answer?.status} ${await answer?.text()}`);
    return (await answer.json()) as T;
  }

  const bot = await api<{ id: string }>('POST', '/bots', { name: 'Help desk' });
  const hook = (path = '') =>
    api<{ id: string }>('POST', `/bots/${bot.id}/webhooks`, {
      type: 'conversation.started',
      targetUrl: `${ledger.url}/${path}`,
    });
  await hook();

  return {
    url,
    env,
    ledger,
    api,
    botId: bot.id,
    /** Another webhook, whose receiver does what it should not. */
    hook,
    /** Something happens. Returns the id of the event, or the status of the refusal (0: no answer). */
    async happen(): Promise<string | number> {
      const answer = await ask('POST', `/bots/${bot.id}/conversations`, { channelType: 'email' });
      if (!answer) return 0;
      const text = await answer.text().catch(() => null);
      if (text === null) return 0;
      return answer.status === 201 ? (JSON.parse(text).id as string) : answer.status;
    },
    pid,
    start,
    /** Starts it, and does not wait until it is ready. */
    begin,
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
    ended: () => end(),
    signal: (signal: NodeJS.Signals) => void process.kill(pid(), signal),
    isReady: async () => Boolean((await fetch(`${url}/readyz`).catch(() => null))?.ok),
    logged: () => logged + (running ? running.printed() + running.complained() : ''),
    /** Asks the database beside the server. */
    async look<T>(work: (database: ReturnType<typeof openDatabase>) => Promise<T>): Promise<T> {
      const settings: Settings = { dataDir: env.DATA_DIR! };
      const { DATABASE_URL } = env;
      const database = openDatabase(DATABASE_URL ? { ...settings, databaseUrl: DATABASE_URL } : settings);
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    },
  };
}

const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
