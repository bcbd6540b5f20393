import { expect } from 'chai';
import { everyRoute } from '../support/pageRoutes.js';
import { visitor } from '../support/visitor.js';
import { realAddress } from './addresses.js';
import { type House, mark } from './house.js';
import { mounts, type Stated, stated } from './routes.js';

type Sent = { status: number; location: string | null; text: string };
type Sender = (route: Stated, path: string) => Promise<Sent>;

/** What routes need before they look at who asks for what. */
const bodies: Record<string, Record<string, string>> = {
  'POST /api/v1/bots/:id/conversations': { channelType: 'web' },
  'POST /api/v1/conversations/:id/messages': { content: 'Let me in' },
  'POST /api/v1/conversations/:id/escalate': { userEmail: 'eve@example.com' },
  'POST /api/public/chat/:botId/conversations/:id/messages': { content: 'Let me in', clientId: 'eve' },
  'POST /api/public/chat/:botId/conversations/:id/escalate': { userEmail: 'eve@example.com' },
  'POST /app/conversations/:id/messages': { content: 'Let me in' },
};
const bodyOf = ({ method, path }: Stated) => bodies[`${method} ${path}`] ?? {};

export function whoMayCall(room: () => House): void {
  describe('every route', () => {
    const those = (wanted: (route: Stated) => boolean) =>
      stated
        .filter(wanted)
        .map((route) => ({ route, name: `${route.method} ${route.path}`, at: realAddress(room(), route) }));
    const isApi = ({ path }: Stated) => path.startsWith('/api/v1/');
    const isPage = ({ path }: Stated) => path.startsWith('/app/');
    const needsKey = (route: Stated) => isApi(route) && route.access !== 'anyone';

    const byKey =
      (authorization: string | null): Sender =>
      (route, path) =>
        send(`${room().running.url}${path}`, route, authorization ? { Authorization: authorization } : {});

    async function send(url: string, route: Stated, headers: Record<string, string>): Promise<Sent> {
      const { method } = route;
      const isUpload = /\/files$/.test(route.path) && method === 'POST';
      const form = new FormData();
      form.append('file', new Blob(['x']), 'x.txt');
      const gone = new AbortController();
      const answer = await fetch(url, {
        method,
        redirect: 'manual',
        signal: gone.signal,
        headers: { ...headers, ...(!isUpload && { 'Content-Type': 'application/json' }) },
        ...(method !== 'GET' && { body: isUpload ? form : JSON.stringify(bodyOf(route)) }),
      });
      const sent = { status: answer.status, location: answer.headers.get('location') };
      // A stream that is let in would never end.
      const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream');
      const text = isStream ? '' : await answer.text();
      gone.abort();
      return { ...sent, text };
    }

    /** With the token of one's own session, so that nothing but access can be what refuses. */
    async function byPage(who: Pick<ReturnType<typeof visitor>, 'agent' | 'token'>, tokenFrom?: string) {
      const token = await who.token(tokenFrom);
      const sender: Sender = async (route, path) => {
        const asked =
          route.method === 'GET'
            ? who.agent.get(path).set('Accept', 'text/html')
            : who.agent.post(path).set('X-CSRF-Token', token).type('form').send(bodyOf(route));
        // Only the beginning of a stream that is let in.
        const answer = await asked.buffer(true).parse(beginning);
        return { status: answer.status, location: answer.headers.location ?? null, text: answer.body };
      };
      return sender;
    }

    /** All that is kept, by table, but for sessions, when keys were used, and the notes of who read a secret. */
    async function everything(): Promise<Record<string, string>> {
      const { db } = room();
      const tables: string[] = await db('sqlite_master')
        .where({ type: 'table' })
        .whereRaw("name NOT LIKE 'documents_search%' AND name NOT LIKE 'sqlite_%'")
        .whereNotIn('name', ['sessions', 'migrations'])
        .pluck('name');
      const kept: Record<string, string> = {};
      for (const table of tables) {
        const rows: Record<string, unknown>[] = await db(table);
        const counting = rows.filter(({ action }) => !String(action).endsWith('.secret-revealed'));
        kept[table] = JSON.stringify(counting, (name, value) => (name === 'last_used_at' ? null : value));
      }
      return kept;
    }

    let before: Record<string, string>;
    beforeEach(async () => {
      before = await everything();
    });
    afterEach('has changed nothing', async () => {
      const now = await everything();
      expect(Object.keys(now).filter((table) => now[table] !== before[table])).to.deep.equal([]);
    });

    it('is stated in test/security/routes.ts, and none is stated that is not there', () => {
      const said = [...stated.map(({ method, path }) => `${method} ${path}`), ...mounts];
      const there = everyRoute(room().running.server);
      expect(there.filter((route) => !said.includes(route))).to.deep.equal([]);
      expect(said.filter((route) => !there.includes(route))).to.deep.equal([]);
    });

    it('of the API refuses whoever has no key, a key that is wrong, or only a session', async () => {
      const { admin } = room();
      const senders: Sender[] = [
        byKey(null),
        byKey('Bearer hb_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
        byKey(`Basic ${Buffer.from(`admin:${admin.key}`).toString('base64')}`),
        byKey(`Bearer ${admin.key.slice(0, -1)}`),
        await byPage(admin),
      ];
      for (const { route, name, at } of those(needsKey))
        for (const sender of senders) {
          const { status, text } = await sender(route, at);
          expect(status, name).to.equal(401);
          expect(text, name).not.to.include(mark);
        }
    });

    it('of the API refuses an agent whose bot it is not, and agents where admins are meant', async () => {
      const { insider, outsider } = room();
      for (const { route, name, at } of those(needsKey)) {
        const { status, text } = await byKey(`Bearer ${outsider.key}`)(route, at);
        expect(status, name).to.equal(route.access === 'user' ? 200 : 403);
        expect(text, name).not.to.include(mark);
        if (route.access === 'admin')
          expect((await byKey(`Bearer ${insider.key}`)(route, at)).status, name).to.equal(403);
      }
    });

    it('of the API shows those whom it belongs to what they may see', async () => {
      const { insider, admin } = room();
      for (const { route, name, at } of those((one) => needsKey(one) && one.method === 'GET')) {
        if (route.access !== 'admin')
          expect((await byKey(`Bearer ${insider.key}`)(route, at)).status, name).to.equal(200);
        expect((await byKey(`Bearer ${admin.key}`)(route, at)).status, name).to.equal(200);
      }
    });

    it('of the pages leads strangers to the sign-in, also with a cookie that is made up', async () => {
      const { running } = room();
      const forged = visitor(running.url, { Cookie: 'hookbell.sid=s%3Aforged.AAAA' });
      const stranger = await byPage(visitor(running.url), '/login');
      for (const { route, name, at } of those(isPage)) {
        const { status, location, text } = await stranger(route, at);
        expect([status, location?.split('?')[0]], name).to.deep.equal([303, '/login']);
        expect(text, name).not.to.include(mark);
      }
      for (const path of ['/app', '/app/settings/users'])
        expect((await forged.get(path)).status).to.equal(303);
    });

    it('of the pages refuses an agent whose bot it is not, and agents where admins are meant', async () => {
      const { insider, outsider } = room();
      const [inside, outside] = [await byPage(insider), await byPage(outsider)];
      const changing = (route: Stated) => route.access === 'user' && route.method === 'POST';
      for (const { route, name, at } of those((one) => isPage(one) && !changing(one))) {
        const { status, text } = await outside(route, at);
        expect(status, name).to.be.oneOf(route.access === 'user' ? [200, 303] : [403, 404]);
        expect(status === 404, name).to.equal(route.path.startsWith('/app/receivers/:id'));
        expect(text, name).not.to.include(mark);
        if (route.access === 'admin') expect((await inside(route, at)).status, name).to.equal(403);
      }
    });

    it('of the pages shows those whom it belongs to what they may see, and agents no secret', async () => {
      const { insider, admin, secrets } = room();
      const [inside, asAdmin] = [await byPage(insider), await byPage(admin)];
      for (const { route, name, at } of those((one) => isPage(one) && one.method === 'GET')) {
        if (route.access === 'bot') {
          const { status, text } = await inside(route, at);
          expect(status, name).to.equal(200);
          expect(
            secrets.filter((secret) => text.includes(secret)),
            name,
          ).to.deep.equal([]);
        }
        expect((await asAdmin(route, at)).status, name).to.be.oneOf([200, 303]);
      }
    });

    it('of a chat refuses visitors of another conversation, another bot, and those without a token', async () => {
      const { visitors, otherBot, bot } = room();
      for (const { route, name, at } of those(({ access }) => access === 'visitor')) {
        const path = at.replace(/conversations\/[^/]+/, `conversations/${visitors.ours.id}`);
        expect((await byKey(null)(route, path)).status, name).to.equal(401);
        for (const [token, place] of [
          [visitors.another.token, path],
          [visitors.elsewhere.token, path],
          [room().admin.key, path],
          [visitors.ours.token, path.replace(bot, otherBot)],
          [visitors.ours.token, at],
        ] as const) {
          const { status, text } = await byKey(`Bearer ${token}`)(route, place);
          expect(status, `${name} ${place}`).to.equal(404);
          expect(text, name).not.to.include(mark);
        }
      }
    });

    it('that a secret opens answers the same to every guess', async () => {
      const { triggerUrl, receiverUrl, webhook, running } = room();
      const guesses = [
        triggerUrl.slice(0, -1),
        `${triggerUrl}0`,
        triggerUrl.replace(/[^/]+$/, ''),
        `${running.url}/api/public/hooks/${webhook}/${triggerUrl.split('/').at(-1)}`,
        receiverUrl.slice(0, -1),
        `${receiverUrl}0`,
      ];
      for (const url of guesses) {
        const answer = await fetch(url, { method: 'POST' });
        expect(answer.status, url).to.equal(404);
        expect(await answer.text(), url).to.match(/^\{("success":false,)?"error":"Not found"\}$/);
      }
    });
  });
}

/** Reads an answer, and of one that never ends the beginning. */
function beginning(answer: unknown, done: (error: Error | null, text: string) => void): void {
  const stream = answer as NodeJS.ReadableStream & {
    headers: Record<string, string>;
    destroy: () => void;
  };
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('end', () => done(null, Buffer.concat(parts).toString()));
  if (!stream.headers['content-type']?.startsWith('text/event-stream')) return;
  done(null, '');
  stream.destroy();
}
