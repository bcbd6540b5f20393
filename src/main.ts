import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';
import { configOrExit } from './configOrExit.js';
import { Unusable } from './databases/unusable.js';
import { createHookbell } from './hookbell.js';
import { createLog } from './log.js';

const config = configOrExit();
const log = createLog(config);
const hookbell = await createHookbell(config, log, Date.now).catch(refuse);
await hookbell.accounts.createConfiguredAdmin(config, Date.now());

const server = createServer(createApp(hookbell));
server.listen(config.port, config.host, async () => {
  const { port } = server.address() as AddressInfo;
  hookbell.listensAt(server.address());
  log.info({ host: config.host, port, publicUrl: config.publicUrl, role: config.role }, 'listening');
  if (!(await hookbell.accounts.isSetUp())) {
    log.info(`Make the first admin: ${config.publicUrl}/setup?token=${hookbell.accounts.setupToken()}`);
  }
  await hookbell.start();
});
server.on('error', (error) => {
  log.fatal({ err: error }, `cannot listen on ${config.host}:${config.port}`);
  process.exit(1);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));

function refuse(error: unknown): never {
  if (!(error instanceof Unusable)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  // Within the 10 s that are promised, whatever hangs.
  setTimeout(() => process.exit(0), 9_000).unref();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await hookbell.stop(() => {
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
    return closed;
  });
  process.exit(0);
}
