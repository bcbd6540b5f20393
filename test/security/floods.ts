import { connect } from 'node:net';
import { expect } from 'chai';
import type { House } from './house.js';

/** What wears a server out: each is refused or borne, and the process answers meanwhile. */
export function floods(room: () => House, { sockets, timed }: { sockets: number; timed: boolean }): void {
  describe('a process that is to be worn out', () => {
    /** The answer to `ask`; health is asked as well, all the while. */
    async function bears(ask: () => Promise<Response>): Promise<Response> {
      const { url } = room().running;
      let isOver = false;
      const watch = async () => {
        do {
          const before = performance.now();
          const { status } = await fetch(`${url}/healthz`);
          expect(status).to.equal(200);
          if (timed) expect(performance.now() - before).to.be.below(1000);
        } while (!isOver);
      };
      const watching = watch();
      try {
        return await ask();
      } finally {
        isOver = true;
        await watching;
      }
    }

    const post = (path: string, body: string, headers: Record<string, string> = {}) =>
      bears(() => {
        const { running, admin } = room();
        return fetch(running.url + path, {
          method: 'POST',
          headers: { Authorization: `Bearer ${admin.key}`, 'Content-Type': 'application/json', ...headers },
          body,
        });
      });

    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

    it('refuses JSON that is nested too deep, or too large, wherever it is taken', async () => {
      const { bot, visitors } = room();
      for (const depth of [200, 100_000]) {
        const inside = `{"channelType":"web","userData":${nested(depth)}}`;
        for (const headers of [{}, { 'Idempotency-Key': `deep ${depth}` }] as Record<string, string>[])
          expect(
            (await post(`/api/v1/bots/${bot}/conversations`, inside, headers)).status,
            `${depth}`,
          ).to.equal(400);
      }
      const said = `{"content":"Hello","clientId":"deep","userData":${nested(8000)}}`;
      expect((await post(`/api/public/chat/${bot}/conversations`, said)).status).to.equal(400);
      const messages = `/api/public/chat/${bot}/conversations/${visitors.ours.id}/messages`;
      const bearer = { Authorization: `Bearer ${visitors.ours.token}` };
      expect((await post(messages, '['.repeat(60_000), bearer)).status).to.equal(400);
      expect((await post('/api/v1/bots', `{"name":"${'x'.repeat(3_000_000)}"}`)).status).to.equal(413);
      expect((await post('/api/v1/bots', '['.repeat(900_000))).status).to.equal(400);
    });

    it('reads what makes careless expressions run for ever', async () => {
      const { bot } = room();
      const long = 'a'.repeat(90_000);
      const sent: [string, object][] = [
        [`/bots/${bot}/conversations`, { channelType: long, userEmail: `${long}@${'a.'.repeat(9000)}` }],
        [`/bots/${bot}/conversations`, { channelType: 'web', userEmail: `${'a@'.repeat(40_000)}` }],
        [`/bots/${bot}/webhooks`, { type: 'sync.success', targetUrl: `http://${'a.'.repeat(40_000)}` }],
        [
          `/bots/${bot}/webhooks`,
          { type: 'sync.success', secret: `${long}!`, targetUrl: 'http://127.0.0.1:9/' },
        ],
        [
          `/bots/${bot}/data-sources`,
          { name: 'x', type: 'text', schedule: `${'*/'.repeat(40_000)}`, config: { entries: [] } },
        ],
        ...[
          '(a+)+$',
          `${'!(a|'.repeat(60)}b${')'.repeat(60)}`,
          `${'{a,'.repeat(60)}b${'}'.repeat(60)}`,
          '*'.repeat(300),
          '+(a|aa)+'.repeat(30),
        ].map((glob): [string, object] => [
          `/bots/${bot}/data-sources`,
          {
            name: 'x',
            type: 'website',
            config: { url: 'http://127.0.0.1:9/', include: [glob], selector: 'a:not('.repeat(80) },
          },
        ]),
      ];
      for (const [path, body] of sent) {
        const { status } = await post(`/api/v1${path}`, JSON.stringify(body));
        expect(status, JSON.stringify(body).slice(0, 200)).to.equal(422);
      }
      const search = await bears(() =>
        fetch(
          `${room().running.url}/api/v1/bots/${bot}/search?q=${encodeURIComponent('"a* OR NEAR('.repeat(400))}`,
          {
            headers: { Authorization: `Bearer ${room().admin.key}` },
          },
        ),
      );
      expect(search.status).to.be.oneOf([200, 422]);
    });

    it('refuses uploads that are no uploads, and keeps nothing of them', async () => {
      const { sources, db } = room();
      const part = (head: string, body = 'x') =>
        `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
      const end = '--b--\r\n';
      const file = 'name="file"; filename="a.txt"';
      const malformed = [
        '',
        'x',
        '--b',
        end,
        part(file),
        `${part('name="file"; filename="a.exe"')}${end}`,
        `${part('name="other"; filename="a.txt"')}${end}`,
        `${part('name="__proto__"; filename="a.txt"')}${end}`,
        `${part('filename="a.txt"')}${end}`,
        `--b\r\n\r\nx\r\n${end}`,
        `--b\r\nContent-Disposition: ${'x'.repeat(100_000)}\r\n\r\n${end}`,
        `${part('name="text"').repeat(2000)}${end}`,
        `${part(file).repeat(200)}${end}`,
        part('name="file"; filename="a.txt"', '\0'.repeat(1000)),
      ];
      const before = await db('files');
      const sent = malformed.map((body) => [body, 'multipart/form-data; boundary=b'] as const);
      for (const [body, type] of [
        ...sent,
        [malformed[4]!, 'multipart/form-data'] as const,
        [malformed[4]!, 'multipart/form-data; boundary='] as const,
      ]) {
        const path = `/api/v1/data-sources/${sources.files}/files`;
        const { status } = await post(path, body, { 'Content-Type': type });
        expect(status, `${type} ${body.slice(0, 120)}`).to.be.within(400, 422);
      }
      expect(await db('files')).to.deep.equal(before);
    });

    it(`answers while ${sockets} callers are slow`, async () => {
      const { running, admin } = room();
      const { hostname, port } = new URL(running.url);
      const heads = [
        'GET /app HTTP/1.1\r\nHost: x\r\nX-Slow: ',
        `POST /api/v1/bots HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
        'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nema',
        `POST ${new URL(room().receiverUrl).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx`,
        `POST ${new URL(room().triggerUrl).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx`,
      ];
      const slow = await Promise.all(
        Array.from({ length: sockets }, async (_, n) => {
          const socket = connect(Number(port), hostname);
          socket.on('error', () => {});
          await new Promise((sent) => socket.write(heads[n % heads.length]!, sent));
          return socket;
        }),
      );
      try {
        for (const path of ['/healthz', '/login', '/api/v1/bots']) {
          const answer = await bears(() =>
            fetch(running.url + path, { headers: { Authorization: `Bearer ${admin.key}` } }),
          );
          expect(answer.status, path).to.equal(200);
        }
      } finally {
        for (const socket of slow) socket.destroy();
      }
    });
  });
}
