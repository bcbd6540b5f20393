import { statSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from './support/eventually.js';
import { freePort, type Program, serve, temporaryFolder } from './support/processes.js';
import { leadsTo, visitor } from './support/visitor.js';

type Line = Record<string, unknown> & { msg: string };

/** The lines of the log so far; throws when one is not JSON. */
const linesOf = (server: Program): Line[] =>
  server
    .printed()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const answers = async (url: string) => fetch(url).catch(() => null);

describe('the server', () => {
  const servers: Program[] = [];
  afterEach(async () => {
    for (const { child } of servers) child.kill('SIGKILL');
    await Promise.all(servers.splice(0).map(({ finished }) => finished));
  });

  async function start(env: Record<string, string> = {}) {
    const PORT = await freePort();
    const DATA_DIR = env.DATA_DIR ?? join(temporaryFolder(), 'data');
    const url = `http://127.0.0.1:${PORT}`;
    const started = serve({ PORT, HOST: '127.0.0.1', DATA_DIR, ...env });
    servers.push(started);
    await eventually('the server is ready', async () => {
      if (started.child.exitCode !== null) throw new Error((await started.finished).stderr);
      return (await answers(`${url}/readyz`))?.status === 200;
    });
    return { server: started, url, DATA_DIR };
  }

  it('starts on an empty folder, is alive and ready, logs JSON, and one link until there is an admin', async () => {
    const { server, url, DATA_DIR } = await start();
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.json()]).to.deep.equal([200, { status: 'ok' }]);
    expect(health.headers.get('cache-control')).to.equal('no-store');
    expect(linesOf(server).map((line) => line.msg)).to.include('listening');
    expect(statSync(join(DATA_DIR, 'secret.key')).mode & 0o777).to.equal(0o600);

    const links = await eventually('the link is logged', () => {
      const found = linesOf(server).filter((line) => line.msg.includes('/setup?token='));
      return found.length > 0 && found;
    });
    expect(links).to.have.length(1);
    const link = new URL(/http:\S+/.exec(links[0]!.msg)![0]);
    expect(`${link.protocol}//${link.hostname}`).to.equal('http://localhost');
    const input = { name: 'Ada', email: 'ada@example.com', password: 'a long password' };
    expect(leadsTo(await visitor(url).submit(link.pathname + link.search, input))).to.equal('/app');

    server.child.kill('SIGTERM');
    await server.finished;
    const again = await start({ DATA_DIR });
    await eventually('it listens', () => again.server.printed().includes('listening'));
    again.server.child.kill('SIGTERM');
    expect((await again.server.finished).stdout).not.to.include('/setup?token=');
  });

  it('makes the configured admin, and prints neither link nor password', async () => {
    const env = { ADMIN_EMAIL: 'boss@example.com', ADMIN_PASSWORD: 'a configured password' };
    const { server, url } = await start(env);
    const input = { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD };
    expect(leadsTo(await visitor(url).submit('/login', input))).to.equal('/app');
    server.child.kill('SIGTERM');
    const { stdout, stderr } = await server.finished;
    expect(stdout + stderr)
      .not.to.include('/setup')
      .and.not.include(env.ADMIN_PASSWORD);
  });

  it('stops on SIGTERM and SIGINT with exit code 0, though a connection is open and a request hangs', async () => {
    const stopped = (['SIGTERM', 'SIGINT'] as const).map(async (signal) => {
      const { server, url } = await start();
      await fetch(`${url}/healthz`);
      const { hostname, port } = new URL(url);
      const hanging = connect(Number(port), hostname).on('error', () => undefined);
      hanging.write('POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nemail=');
      server.child.kill(signal);
      const { code, stderr } = await server.finished;
      expect({ code, stderr }, signal).to.deep.equal({ code: 0, stderr: '' });
      expect(await answers(`${url}/healthz`), signal).to.equal(null);
    });
    await Promise.all(stopped);
  });

  it('refuses a wrong configuration before it does anything, with exit code 1', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    const { code, stdout, stderr } = await serve({ PORT: 'abc', ROLE: 'boss', DATA_DIR }).finished;
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.equal(
      'PORT: got "abc"; takes a whole number from 0 to 65535\nROLE: got "boss"; takes all, web or worker\n',
    );
    expect(() => statSync(DATA_DIR)).to.throw('ENOENT');
  });

  it('says so when the port is taken, with exit code 1', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const env = { PORT: String(port), HOST: '127.0.0.1', DATA_DIR: join(temporaryFolder(), 'data') };
    const { code, stdout } = await serve(env).finished;
    taken.close();
    expect(code).to.equal(1);
    expect(stdout).to.include('cannot listen on 127.0.0.1:');
  });
});
