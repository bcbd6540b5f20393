import { createServer, type Server } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import got from 'got';
import { request } from 'undici';
import { guardedAgent, guardedAgents } from '../../src/net/connect.js';
import { createGuard, type Guard, Refused } from '../../src/net/guard.js';
import { parseRules } from '../../src/net/rules.js';
import { type Site, staticSite } from '../support/staticSite.js';

/** Listens on every address of this machine and counts who connects. */
async function canary(): Promise<{ port: number; hits: () => number; server: Server }> {
  let hits = 0;
  const server = createServer((socket) => {
    hits++;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, listening));
  return { port: (server.address() as { port: number }).port, hits: () => hits, server };
}

const reaching: Record<string, (guard: Guard, url: string) => Promise<number>> = {
  undici: async (guard, url) => {
    const dispatcher = guardedAgent(guard, { connections: 2, connect: { timeout: 2000 } });
    const { statusCode, body } = await request(url, { dispatcher });
    await body.dump();
    await dispatcher.close();
    return statusCode;
  },
  got: async (guard, url) => {
    const { statusCode } = await got(url, { agent: guardedAgents(guard), retry: { limit: 0 } });
    return statusCode;
  },
};

const refusalOf = (error: unknown): Refused | null => {
  if (error instanceof Refused) return error;
  const { cause } = error as { cause?: unknown };
  return cause ? refusalOf(cause) : null;
};

for (const [client, reach] of Object.entries(reaching)) {
  describe(`a connection by ${client}`, () => {
    let bird: Awaited<ReturnType<typeof canary>>;
    let site: Site;

    before(async () => {
      bird = await canary();
      site = await staticSite({ '/': 'hello' });
    });

    after(async () => {
      await site.close();
      bird.server.close();
    });

    const hosts = ['127.0.0.1', '127.1', '2130706433', '0x7f.1', 'localhost', '0.0.0.0', '[::1]'];
    hosts.push('[::ffff:127.0.0.1]', '[::]');
    for (const host of hosts) {
      it(`never opens a socket to ${host}`, async () => {
        const guard = createGuard(() => parseRules(`localhost:1,127.0.0.1:1,10.0.0.0/8`));

        const error = await reach(guard, `http://${host}:${bird.port}/`).catch((error: unknown) => error);

        expect(refusalOf(error)?.message).to.match(
          new RegExp(`(loopback|unspecified) address; OUTBOUND_ALLOW=.+:${bird.port} would allow it`),
        );
        expect(bird.hits()).to.equal(0);
      });
    }

    it('refuses TLS connections in the same way', async () => {
      const error = await reach(
        createGuard(() => []),
        `https://localhost:${bird.port}/`,
      ).catch((error: unknown) => error);

      expect(refusalOf(error)?.refusal.rule).to.match(/^localhost resolves to .+ loopback address$/);
      expect(bird.hits()).to.equal(0);
    });

    it('judges the address that is connected to, not the one the name had before', async () => {
      const answers = ['93.184.216.34', '127.0.0.1'];
      const guard = createGuard(
        () => [],
        (_host, _options, done) => done(null, [{ address: answers.shift()!, family: 4 }]),
      );
      const url = `http://rebinding.test:${bird.port}/`;

      expect(await guard.resolve(url)).to.equal(null);
      const error = await reach(guard, url).catch((error: unknown) => error);

      expect(refusalOf(error)?.message).to.match(/rebinding\.test resolves to 127\.0\.0\.1/);
      expect(bird.hits()).to.equal(0);
    });

    const allowing = ['127.0.0.1', '127.0.0.0/8', '127.0.0.1:PORT'];
    for (const allow of allowing) {
      it(`reaches 127.0.0.1 with OUTBOUND_ALLOW=${allow}`, async () => {
        const guard = createGuard(() => parseRules(allow.replace('PORT', String(site.port))));

        expect(await reach(guard, site.origin)).to.equal(200);
      });
    }

    for (const allow of ['localhost', 'localhost:PORT', '127.0.0.0/8,::1']) {
      it(`reaches localhost with OUTBOUND_ALLOW=${allow}`, async () => {
        const guard = createGuard(() => parseRules(allow.replace('PORT', String(site.port))));

        expect(await reach(guard, `http://localhost:${site.port}/`)).to.equal(200);
      });
    }
  });
}

describe('the guard in a worker thread', () => {
  it('decides by rules it was given as data', async () => {
    const net = new URL('../../src/net/guard.js', import.meta.url).href;
    const worker = new Worker(
      `import { parentPort, workerData } from 'node:worker_threads';
       const { createGuard } = await import('${net}');
       const guard = createGuard(() => workerData);
       parentPort.postMessage(['http://10.0.0.5/', 'http://10.0.1.5/'].map((url) => guard.inspect(url)));`,
      { eval: true, workerData: parseRules('10.0.0.0/24') },
    );

    const [allowed, refused] = await new Promise<unknown[]>((answer, fail) => {
      worker.on('message', answer);
      worker.on('error', fail);
    });

    expect(allowed).to.equal(null);
    expect(refused).to.have.property('rule', '10.0.1.5 is a private address');
  });
});
