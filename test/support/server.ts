import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { createHookbell, type Hookbell } from '../../src/hookbell.js';
import { databaseFor, dropDatabaseOf } from './engine.js';
import { sharedThreads } from './threads.js';

export type Running = {
  hookbell: Hookbell;
  server: Server;
  url: string;
  dataDir: string;
  /** Moves the server's clock; it starts at the real time and goes on with it. */
  pass: (ms: number) => void;
  /** Every line that was logged so far. */
  logged: () => string;
  /** Stops it; with `keep`, the data folder stays for another start. */
  stop: (options?: { keep?: boolean }) => Promise<void>;
};

type Options = {
  env?: Record<string, string>;
  dataDir?: string;
  background?: boolean;
  port?: number;
  /** How long deliveries in flight have to end when it stops, in ms. */
  grace?: number;
};

/** A whole Hookbell on this port of this machine, or a free one, with a database of its own. */
export async function startHookbell({
  env = {},
  dataDir,
  background = true,
  port = 0,
  grace = 3_000,
}: Options = {}): Promise<Running> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'hookbell-'));
  const databaseUrl = await databaseFor(folder);
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  let ahead = 0;
  const clock = () => Date.now() + ahead;

  const server = createServer();
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  // A page that knows the port would ask before there is an app.
  if (!port) await listen();
  const url = `http://127.0.0.1:${port || (server.address() as AddressInfo).port}`;
  const config = readConfig({
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl,
    PUBLIC_URL: url,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'debug',
    ...env,
  });
  const hookbell = await createHookbell(config, log, clock, { grace, threads: sharedThreads });
  server.on('request', createApp(hookbell));
  if (port) await listen();
  hookbell.listensAt(server.address());
  if (background) await hookbell.start();

  return {
    hookbell,
    server,
    url,
    dataDir: folder,
    pass: (ms) => {
      ahead += ms;
    },
    logged: () => lines.join(''),
    async stop({ keep = false } = {}) {
      const closed = new Promise((resolve) => server.close(resolve));
      await hookbell.stop(() => {
        server.closeAllConnections();
        return closed;
      });
      if (keep) return;
      rmSync(folder, { recursive: true, force: true });
      await dropDatabaseOf(folder);
    },
  };
}
