import { join } from 'node:path';
import { expect } from 'chai';
import { databaseFor } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { freePort, type Program, serve, temporaryFolder } from '../support/processes.js';
import { startHookbell } from '../support/server.js';
import { makeReceiver, requestsOf } from './house.js';

describe('a server that keeps a sender waiting', () => {
  let server: Program | undefined;
  afterEach(async () => {
    server?.child.kill('SIGKILL');
    await server?.finished;
  });

  it('stops on SIGTERM as ever: the sender is let go, which is written down', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    const PORT = await freePort();
    const PUBLIC_URL = `http://127.0.0.1:${PORT}`;
    const first = await startHookbell({ dataDir, env: { PUBLIC_URL }, background: false });
    const { receiver, url } = await makeReceiver(first, { kind: 'none', seconds: null });
    await first.stop({ keep: true });

    const DATABASE_URL = (await databaseFor(dataDir)) ?? '';
    const started = serve({ PORT, HOST: '127.0.0.1', DATA_DIR: dataDir, DATABASE_URL, PUBLIC_URL });
    server = started;
    await eventually('it is ready', async () => {
      if (started.child.exitCode !== null) throw new Error((await started.finished).stderr);
      return (await fetch(`${PUBLIC_URL}/readyz`).catch(() => null))?.status === 200;
    });
    const waiting = fetch(url).catch(() => 'let go');
    const reader = await startHookbell({ dataDir, env: { PUBLIC_URL }, background: false });
    await eventually('it waits', async () => (await requestsOf(reader, receiver)).length === 1);
    started.child.kill('SIGTERM');
    const { code, stdout } = await started.finished;
    expect(code).to.equal(0);
    expect(await waiting).to.equal('let go');
    // Whoever is cut off by the last resort, after 9 s, writes nothing.
    expect((await requestsOf(reader, receiver))[0]).to.include({ end: 'stopped' });
    expect(stdout).not.to.include(new URL(url).pathname.split('/').at(-1));
    await reader.stop();
  });
});
