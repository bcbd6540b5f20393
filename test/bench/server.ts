import { eventually } from '../support/eventually.js';
import { cli, freePort, type Program, serve, temporaryFolder } from '../support/processes.js';
import { cpuOf, memoryOf } from './cpu.js';

export type BenchServer = {
  url: string;
  dataDir: string;
  program: Program;
  /** The most memory it ever held, in MB (`VmHWM`, proc(5)). */
  peakMemory: () => number;
  /** The processor time it has used, in ms. */
  cpu: () => number;
  /** Calls the API as an admin; throws on an answer that is no success. */
  api: <T>(method: string, path: string, body?: object) => Promise<T>;
  stop: () => Promise<void>;
};

export const email = 'bench@example.com';
export const password = 'a password for the bench';

/** The product in a process of its own, as `npm start` runs it, with an empty database. */
export async function startServer(env: Record<string, string> = {}): Promise<BenchServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    PORT: port,
    DATA_DIR: temporaryFolder(),
    PUBLIC_URL: url,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'warn',
    ...env,
  };
  const running = serve({ ...settings, ADMIN_EMAIL: email, ADMIN_PASSWORD: password });
  const kill = () => running.child.kill('SIGKILL');
  process.once('exit', kill);
  await eventually('the server is ready', () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const made = await cli(['api-key', 'create', '--email', email], settings);
  const key = made.stdout.trim();
  return {
    url,
    dataDir: settings.DATA_DIR,
    program: running,
    peakMemory: () => memoryOf(running.child.pid!).most,
    cpu: () => cpuOf(running.child.pid!),
    async api<T>(method: string, path: string, body?: object): Promise<T> {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    },
    async stop() {
      running.child.kill('SIGTERM');
      await running.finished;
      process.off('exit', kill);
    },
  };
}
