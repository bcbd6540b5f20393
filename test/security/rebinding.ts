import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { request } from 'undici';
import { guardedAgent } from '../../src/net/connect.js';
import { createFetch } from '../../src/net/fetch.js';
import { createGuard } from '../../src/net/guard.js';
import { parseRules } from '../../src/net/rules.js';
import { startNameServer } from './nameServer.js';

// Stands for the public internet: 127.0.0.2 may be reached. Whatever else the machine has must never be.
const allowed = '127.0.0.2';

export function rebinding({ rounds }: { rounds: number }): void {
  describe('whoever wants to be sent to where nothing may be sent', () => {
    let server: Server;
    let port: number;
    let answer: string | null = null;
    const hits = { allowed: 0, canary: [] as string[] };
    // Nobody else's, whatever else runs on this machine and connects to a port that was free a moment ago.
    const word = randomUUID();
    before(async () => {
      server = createServer(({ url, headers, socket }, res) => {
        if (url?.includes(word)) {
          if (socket.localAddress === allowed) hits.allowed += 1;
          else hits.canary.push(`${socket.localAddress} as ${headers.host}${url}`);
        }
        res.writeHead(answer === null ? 200 : 302, answer === null ? {} : { Location: answer }).end('hello');
      });
      await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening));
      ({ port } = server.address() as AddressInfo);
    });
    beforeEach(() => {
      answer = null;
      Object.assign(hits, { allowed: 0, canary: [] });
    });
    after(() => {
      server.close();
      server.closeAllConnections();
    });
    afterEach('has not hit the canary', () => {
      expect(hits.canary).to.deep.equal([]);
    });

    const rules = () => parseRules(allowed);

    it('gains nothing by a name that is another address from one question to the next', async () => {
      const names = await startNameServer([allowed, '127.0.0.1', '127.0.0.3', allowed, '0.0.0.0']);
      const guard = createGuard(rules, names.lookup);
      const { read } = createFetch({ guard, agent: 'test', retries: 0 });
      const url = (n: number) => `http://n${n}.example:${port}/${word}`;
      for (let round = 0; round < rounds; round += 1) {
        // As the pages do: asked first, then sent; between the two, the name flips.
        const early = await guard.resolve(url(round));
        const dispatcher = guardedAgent(guard);
        await Promise.allSettled([
          read(url(round)),
          request(url(round), { dispatcher }).then(({ body }) => body.dump()),
          early ?? read(url(round)),
        ]);
        await dispatcher.destroy();
      }
      expect(names.asked()).to.be.greaterThan(rounds * 2);
      expect(hits.allowed).to.be.greaterThan(0);
      names.close();
    });

    it('gains nothing by a redirect, however it is written', async () => {
      const names = await startNameServer(['127.0.0.1']);
      const { read } = createFetch({ guard: createGuard(rules, names.lookup), agent: 'test', retries: 0 });
      const places = [
        '127.0.0.1',
        '127.0.0.3',
        '127.1',
        '2130706433',
        '0x7f000001',
        '0177.0.0.1',
        '0.0.0.0',
        '[::1]',
        '[::ffff:127.0.0.1]',
        '①②⑦.⓪.⓪.①',
        '127。0。0。1',
        '127.0.0.1.',
        'flips.example',
        `${allowed}@127.0.0.1`,
        `${allowed}%2f@127.0.0.1`,
        `${allowed}\\@127.0.0.1`,
      ];
      const locations = places.flatMap((host) => [
        `http://${host}:${port}/${word}`,
        `//${host}:${port}/${word}`,
        `\\\\${host}:${port}/${word}`,
      ]);
      locations.push(
        `http:127.0.0.1:${port}/${word}`,
        `http:///127.0.0.1:${port}/${word}`,
        'file:///etc/passwd',
        'gopher://127.0.0.1/',
      );
      for (const location of locations) {
        answer = Buffer.from(location).toString('latin1');
        const outcome = await read(`http://${allowed}:${port}/${word}`).catch((error: Error) => error);
        expect(outcome, location).to.be.instanceOf(Error);
      }
      expect(hits.allowed).to.be.greaterThan(0);
      names.close();
    });

    it('gains nothing by an address that two parsers read in two ways', async () => {
      const names = await startNameServer(['127.0.0.1']);
      const guard = createGuard(rules, names.lookup);
      const { read } = createFetch({ guard, agent: 'test', retries: 0 });
      const addresses = [
        `http://${allowed}:${port}@127.0.0.1:${port}/${word}`,
        `http://127.0.0.1:${port}#@${allowed}/${word}`,
        `http://127.0.0.1:${port}?@${allowed}/${word}`,
        `http://127.0.0.1:${port}\\@${allowed}/${word}`,
        `http:\\\\127.0.0.1:${port}/${word}`,
        `http://127.0.0.1%00.${allowed}:${port}/${word}`,
        `http://127.0.0.1%2e:${port}/${word}`,
        `http://%31%32%37.0.0.1:${port}/${word}`,
        `http://[::ffff:7f00:1]:${port}/${word}`,
        `http://[::1%25lo]:${port}/${word}`,
        `http://0:${port}/${word}`,
        `http://127.0.0.1:0${port}/${word}`,
        `http://localtest.example:${port}/${word}`,
        ` http://127.0.0.1:${port}/${word}`,
        `hTTp:127.0.0.1:${port}/${word}`,
      ];
      for (const address of addresses) {
        const dispatcher = guardedAgent(guard);
        const outcomes = await Promise.allSettled([
          Promise.resolve().then(() => read(address)),
          Promise.resolve().then(() => request(address, { dispatcher })),
        ]);
        await dispatcher.destroy();
        expect(
          outcomes.map(({ status }) => status),
          address,
        ).to.deep.equal(['rejected', 'rejected']);
      }
      names.close();
    });
  });
}
