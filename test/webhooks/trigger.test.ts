import { expect } from 'chai';
import supertest from 'supertest';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { keyHolder } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { whileSomebodyWrites } from '../support/writing.js';

const config = { entries: [{ title: 'Opening hours', text: 'We are open from nine to five.' }] };

describe('the trigger hook', () => {
  let running: Running;
  let api: Caller;
  let botId: string;
  let sourceId: string;
  let id: string;
  let secret: string;
  let path: string;

  const start = async (env: Record<string, string> = {}, background = true) => {
    running = await startHookbell({ env, background });
    api = caller(running.url, (await keyHolder(running)).key);
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
    sourceId = (await api.post(`/bots/${botId}/data-sources`, { name: 'Hours', type: 'text', config })).body
      .id;
    const { body } = await api.post(`/bots/${botId}/webhooks`, {
      type: 'sync.trigger',
      dataSourceId: sourceId,
    });
    ({ id, secret } = body);
    path = `/api/public/hooks/${id}/${secret}`;
    expect(body.url).to.equal(`${running.url}${path}`);
  };
  afterEach(() => running.stop());

  const call = (method: 'get' | 'post', where = path, headers: Record<string, string> = {}) =>
    supertest(running.url)
      [method](where)
      .set(headers)
      .then((answer) => answer);
  const syncs = async () => (await api.get(`/data-sources/${sourceId}/syncs`)).body.data;
  const quiet = () =>
    eventually('no sync under way', async () =>
      (await syncs()).every((sync: { status: string }) => ['succeeded', 'failed'].includes(sync.status)),
    );

  for (const method of ['get', 'post'] as const) {
    it(`starts a sync on a ${method.toUpperCase()}, and answers once it is recorded`, async () => {
      await start();
      await quiet();
      const answer = await call(method);
      expect(answer.status).to.equal(200);
      expect(answer.text).to.equal('{"success":true}');
      expect(answer.headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      const { body } = await api.get(`/syncs/${answer.headers['x-sync-id']}`);
      expect(body).to.include({ dataSourceId: sourceId, trigger: 'hook' });
      await quiet();
    });
  }

  it('names the sync that is queued already, whoever asks and however many at once', async () => {
    await start({}, false);
    const queued = (await syncs())[0].id;
    const answers = await Promise.all(Array.from({ length: 40 }, () => call('post')));
    expect(new Set(answers.map((answer) => answer.headers['x-sync-id']))).to.deep.equal(new Set([queued]));
    expect(await syncs()).to.have.length(1);
  });

  it('answers beside whoever writes, where the sync is queued already', async () => {
    await start({ HOOK_RATE_LIMIT: '0' }, false);
    const queued = (await syncs())[0].id;
    const answer = await whileSomebodyWrites(running.hookbell.deps.db, () => call('post'));
    expect(answer.headers['x-sync-id']).to.equal(queued);
  });

  it('answers the same 404 to all that is not right', async () => {
    await start({}, false);
    const other = (
      await api.post(`/bots/${botId}/webhooks`, { type: 'sync.success', targetUrl: running.url })
    ).body;
    const before = (await syncs()).length;
    const wrong = [
      `/api/public/hooks/${id}/${secret.slice(0, -1)}`,
      `/api/public/hooks/${id}/${secret}x`,
      `/api/public/hooks/${id}/${secret}/more`,
      `/api/public/hooks/${id}`,
      `/api/public/hooks/${id}/`,
      `/api/public/hooks/38362dae-a2b4-4484-8ced-920082a40b45/${secret}`,
      `/api/public/hooks/${other.id}/${other.secret}`,
      `/api/public/hooks/${id}/%E0%A4%A`,
      '/api/public/hooks/',
    ];
    for (const where of wrong) {
      const answer = await call('post', where);
      expect(answer.status, where).to.equal(404);
      expect(answer.text, where).to.equal('{"success":false,"error":"Not found"}');
      expect(answer.headers, where).to.include({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
    }
    expect((await syncs()).length).to.equal(before);
  });

  it('makes every earlier URL a 404 at once when the secret changes', async () => {
    await start({}, false);
    const mine = 'a-secret_of-my-own';
    const rotated = await api.post(`/webhooks/${id}/rotate-secret`, { secret: mine });
    expect(rotated.body.url).to.equal(`${running.url}/api/public/hooks/${id}/${mine}`);
    expect((await call('post')).status).to.equal(404);
    expect((await call('post', `/api/public/hooks/${id}/${mine}`)).status).to.equal(200);
  });

  it('answers 403 with the reason while the webhook or the source is disabled', async () => {
    await start({}, false);
    await api.patch(`/webhooks/${id}`, { enabled: false });
    const disabled = await call('post');
    expect(disabled.status).to.equal(403);
    expect(disabled.body).to.deep.equal({ success: false, error: 'This webhook is disabled' });
    await api.patch(`/webhooks/${id}`, { enabled: true });
    await api.patch(`/data-sources/${sourceId}`, { enabled: false });
    expect((await call('post')).body.error).to.equal('The data source of this webhook is disabled');
  });

  it('answers 404 when the source or the bot is deleted', async () => {
    await start({}, false);
    await api.delete(`/bots/${botId}`);
    expect((await call('post')).status).to.equal(404);
  });

  it('answers 429 with Retry-After over the limit, of this hook only', async () => {
    await start({ HOOK_RATE_LIMIT: '3' }, false);
    const { body: other } = await api.post(`/bots/${botId}/webhooks`, {
      type: 'sync.trigger',
      dataSourceId: sourceId,
    });
    for (let count = 0; count < 3; count++) expect((await call('post')).status).to.equal(200);
    const over = await call('post');
    expect(over.status).to.equal(429);
    expect(Number(over.headers['retry-after'])).to.be.within(1, 60);
    expect(over.body.success).to.equal(false);
    expect((await call('post', new URL(other.url).pathname)).status).to.equal(200);
  });

  it('is not triggered by other methods, prefetches and link previews', async () => {
    await start({}, false);
    const before = (await syncs()).length;
    await running.hookbell.deps.db('syncs').update({ status: 'succeeded', finished_at: 1 });
    for (const method of ['head', 'put', 'patch', 'delete'] as const) {
      const answer = await supertest(running.url)[method](path);
      expect(answer.status, method).to.equal(405);
      expect(answer.headers.allow, method).to.equal('GET, POST');
    }
    expect((await supertest(running.url).options(path)).status).to.equal(204);
    const looks: Record<string, string>[] = [
      { 'Sec-Purpose': 'prefetch' },
      { 'Sec-Purpose': 'prefetch;prerender' },
      { Purpose: 'prefetch' },
      { 'X-Moz': 'prefetch' },
      ...[
        'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
        'facebookexternalhit/1.1',
        'Twitterbot/1.0',
        'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
        'WhatsApp/2.23.20.0',
        'TelegramBot (like TwitterBot)',
        'LinkedInBot/1.0',
        'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5',
      ].map((agent) => ({ 'User-Agent': agent })),
    ];
    for (const headers of looks) {
      const answer = await call('get', path, headers);
      expect(answer.status, JSON.stringify(headers)).to.equal(403);
      expect(answer.body.success).to.equal(false);
    }
    expect((await syncs()).length).to.equal(before);
  });

  it('writes the secret into no log line', async () => {
    await start({}, false);
    await call('post');
    await call('get', `/api/public/hooks/${id}/${secret}x`);
    await call('get', `//api/public//hooks/${id}/${secret}`);
    await supertest(running.url).put(path);
    expect(running.logged()).to.include('/api/public/hooks');
    expect(running.logged()).not.to.include(secret);
  });
});
