import { eventually } from '../support/eventually.js';
import { newDatabase, postgresOfTests } from '../support/postgres.js';
import { freePort, type Program, serve, temporaryFolder } from '../support/processes.js';

/** An empty database on the PostgreSQL of the tests. */
export async function emptyDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { url, stop } = await postgresOfTests();
  return { url: await newDatabase(url), stop };
}

/** What processes on one database have in common. */
export const shared = (databaseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  SECRET_KEY: 'the key of all of these processes',
  HOST: '127.0.0.1',
  OUTBOUND_ALLOW: '127.0.0.1',
  LOG_LEVEL: 'warn',
});

export type Worker = {
  /** Kills it, and starts another in its place. */
  kill: () => Promise<void>;
  freeze: () => void;
  thaw: () => void;
  isFrozen: () => boolean;
  /** Asks it to stop. Returns its exit code. */
  stop: () => Promise<number | null>;
  /** What all that had this place logged. */
  logged: () => string;
};

/** A process that delivers and syncs, in a place where another can follow it. */
export async function startWorker(databaseUrl: string, more: Record<string, string> = {}): Promise<Worker> {
  const PORT = await freePort();
  const env = { ...shared(databaseUrl), ROLE: 'worker', PORT, DATA_DIR: temporaryFolder(), ...more };
  let before = '';
  let frozen = false;
  let running: Program = serve(env);
  const ready = () =>
    eventually('the worker is ready', async () => {
      const answer = await fetch(`http://127.0.0.1:${PORT}/readyz`).catch(() => null);
      return answer?.ok;
    });

  await ready();
  return {
    async kill() {
      running.child.kill('SIGKILL');
      const { stdout, stderr } = await running.finished;
      before += stdout + stderr;
      running = serve(env);
    },
    freeze() {
      frozen = true;
      running.child.kill('SIGSTOP');
    },
    thaw() {
      frozen = false;
      running.child.kill('SIGCONT');
    },
    isFrozen: () => frozen,
    async stop() {
      running.child.kill('SIGTERM');
      return (await running.finished).code;
    },
    logged: () => before + running.printed() + running.complained(),
  };
}
