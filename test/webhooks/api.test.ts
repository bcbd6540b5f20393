import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { emit } from '../support/outbox.js';
import { keyHolder } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the API of webhooks', () => {
  let running: Running;
  let receiver: Receiver;
  let api: Caller;
  let agent: Caller;
  let botId: string;

  before(async () => {
    receiver = await startReceiver();
    running = await startHookbell();
    api = caller(running.url, (await keyHolder(running)).key);
    agent = caller(running.url, (await keyHolder(running, 'agent')).key);
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(async () => {
    await running.stop();
    await receiver.close();
  });

  const create = (body: object = {}) =>
    api.post(`/bots/${botId}/webhooks`, { type: 'sync.success', targetUrl: receiver.url, ...body });

  it('creates one and shows its secrets in that answer only', async () => {
    const { status, body } = await create();
    expect(status).to.equal(201);
    expect(body.secret).to.match(/^[0-9a-f]{32}$/);
    expect(body.signingSecret).to.match(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(body).to.include({
      type: 'sync.success',
      botId,
      targetUrl: receiver.url,
      health: 'healthy',
      enabled: true,
    });
    const again = await api.get(`/webhooks/${body.id}`);
    expect(again.body).not.to.have.any.keys('secret', 'signingSecret', 'url');
    const list = await api.get(`/bots/${botId}/webhooks`);
    expect(JSON.stringify(list.body)).not.to.include(body.secret);
    const stored = await running.hookbell.deps.db('webhooks').where({ id: body.id }).first();
    expect(JSON.stringify(stored)).not.to.include(body.secret);
  });

  it('reveals the secrets to admins, and the audit log says that somebody looked', async () => {
    const { body } = await create();
    const revealed = await api.get(`/webhooks/${body.id}/secret`);
    expect(revealed.body).to.deep.equal({ secret: body.secret, signingSecret: body.signingSecret });
    const [entry] = await running.hookbell.accounts.auditPage(1, null);
    expect(entry).to.include({ action: 'webhook.secret-revealed', subjectId: body.id });
    expect((await agent.get(`/webhooks/${body.id}/secret`)).status).to.equal(403);
  });

  for (const [what, body, path] of [
    ['no target', { targetUrl: undefined }, 'targetUrl'],
    ['a target that is no URL', { targetUrl: 'nowhere' }, 'targetUrl'],
    ['a target of another scheme', { targetUrl: 'ftp://127.0.0.1/' }, 'targetUrl'],
    ['a private target', { targetUrl: 'http://10.1.2.3/' }, 'targetUrl'],
    ['a private target in disguise', { targetUrl: 'http://2130706434/' }, 'targetUrl'],
    ['a target with a password', { targetUrl: 'http://me:pw@127.0.0.1/' }, 'targetUrl'],
    ['a short secret', { secret: 'short' }, 'secret'],
    ['a secret that breaks headers', { secret: 'aaaaaaaaaaaaaaaa\r\nX: y' }, 'secret'],
    ['an unknown type', { type: 'sync.nonsense' }, 'type'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a data source that is not there', { dataSourceId: 'nothing' }, 'dataSourceId'],
    ['a trigger without a source', { type: 'sync.trigger', targetUrl: undefined }, 'dataSourceId'],
  ] as const) {
    it(`refuses ${what} with 422 and the field`, async () => {
      const { status, body: problem, type } = await create(body);
      expect(status).to.equal(422);
      expect(type).to.equal('application/problem+json');
      expect(problem.errors.map((error: { path: string }) => error.path)).to.deep.equal([path]);
    });
  }

  it('names the rule and the setting when the guard refuses a target', async () => {
    const { body } = await create({ targetUrl: 'http://10.1.2.3:8080/' });
    expect(body.errors[0].message).to.match(/10\.1\.2\.3.*private.*OUTBOUND_ALLOW=10\.1\.2\.3:8080/);
  });

  it('takes a secret of one’s own and sends it', async () => {
    const secret = 'my-own_secret-0123456789';
    const { body } = await create({ secret });
    expect(body.secret).to.equal(secret);
    const before = receiver.received.length;
    expect((await api.post(`/webhooks/${body.id}/test`)).status).to.equal(202);
    await receiver.wait(before + 1);
    expect(receiver.received.at(-1)!.headers['x-secret-key']).to.equal(secret);
    await api.delete(`/webhooks/${body.id}`);
  });

  it('sends the documented example as a test, through the real outbox', async () => {
    const { body: webhook } = await create();
    const before = receiver.received.length;
    const { status, body } = await api.post(`/webhooks/${webhook.id}/test`);
    expect(status).to.equal(202);
    await receiver.wait(before + 1);
    const got = receiver.received.at(-1)!;
    expect(got.headers['webhook-id']).to.equal(body.id);
    const types = await api.get('/event-types');
    const described = types.body.data.find((entry: { type: string }) => entry.type === 'sync.success');
    expect(JSON.parse(got.body)).to.deep.equal(described.example);
    await api.delete(`/webhooks/${webhook.id}`);
  });

  it('signs with the old and the new secret during the overlap of a rotation, then with the new one only', async () => {
    const { body: webhook } = await create();
    const rotated = await api.post(`/webhooks/${webhook.id}/rotate-signing-secret`, { overlapHours: 1 });
    expect(rotated.body.signingSecret)
      .to.match(/^whsec_/)
      .and.not.equal(webhook.signingSecret);
    const sendTest = async () => {
      const before = receiver.received.length;
      await api.post(`/webhooks/${webhook.id}/test`);
      return (await receiver.wait(before + 1)).at(-1)!;
    };
    const within = await sendTest();
    expect(within.headers['webhook-signature']!.split(' ')).to.have.length(2);
    for (const secret of [webhook.signingSecret, rotated.body.signingSecret]) {
      expect(new Webhook(secret).verify(within.body, within.headers)).to.be.an('object');
    }
    running.pass(3_600_001);
    const after = await sendTest();
    expect(after.headers['webhook-signature']!.split(' ')).to.have.length(1);
    const sentAt = new Date(Number(after.headers['webhook-timestamp']) * 1000);
    const expected = new Webhook(rotated.body.signingSecret).sign(
      after.headers['webhook-id']!,
      sentAt,
      after.body,
    );
    expect(after.headers['webhook-signature']).to.equal(expected);
    await api.delete(`/webhooks/${webhook.id}`);
  });

  it('makes a new secret count at once', async () => {
    const { body: webhook } = await create();
    const { body } = await api.post(`/webhooks/${webhook.id}/rotate-secret`);
    expect(body.secret)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(webhook.secret);
    const before = receiver.received.length;
    await api.post(`/webhooks/${webhook.id}/test`);
    await receiver.wait(before + 1);
    expect(receiver.received.at(-1)!.headers['x-secret-key']).to.equal(body.secret);
    await api.delete(`/webhooks/${webhook.id}`);
  });

  it('lists deliveries newest first, by status, page by page, each with its payload', async () => {
    const { body: webhook } = await create();
    await api.post(`/webhooks/${webhook.id}/pause`);
    for (const tokens of [1, 2, 3]) await emit(running, botId, tokens);
    const first = await api.get(`/webhooks/${webhook.id}/deliveries?status=pending&limit=2`);
    expect(
      first.body.data.map(
        (row: { payload: { results: { totalTokens: number } } }) => row.payload.results.totalTokens,
      ),
    ).to.deep.equal([3, 2]);
    const second = await api.get(
      `/webhooks/${webhook.id}/deliveries?status=pending&limit=2&cursor=${first.body.nextCursor}`,
    );
    expect(second.body.data).to.have.length(1);
    expect(second.body.nextCursor).to.equal(null);
    expect((await api.get(`/webhooks/${webhook.id}/deliveries?status=failed`)).body.data).to.have.length(0);
    expect((await api.get(`/webhooks/${webhook.id}/deliveries?status=lost`)).status).to.equal(422);
    expect((await api.get(`/webhooks/${webhook.id}/deliveries?cursor=nonsense`)).status).to.equal(422);
    await api.post(`/webhooks/${webhook.id}/resume`);
    await eventually('all three', async () => {
      return (await api.get(`/webhooks/${webhook.id}/deliveries?status=delivered`)).body.data.length === 3;
    });
    const { body } = await api.get(`/deliveries/${first.body.data[0].id}`);
    expect(body.attemptLog[0]).to.have.all.keys(
      'attempt',
      'startedAt',
      'durationMs',
      'url',
      'status',
      'error',
      'requestHeaders',
      'responseHeaders',
      'responseBody',
      'truncated',
      'timings',
      'timings',
    );
    expect(body.attemptLog[0].requestHeaders['X-Secret-Key']).to.equal('••••••');
    await api.delete(`/webhooks/${webhook.id}`);
  });

  it('shows a webhook that fails as failing, with since when and why, and as healthy after the next success', async () => {
    const { body: webhook } = await create();
    receiver.answer(500);
    await api.post(`/webhooks/${webhook.id}/test`);
    const failing = await eventually('failing', async () => {
      const { body } = await api.get(`/webhooks/${webhook.id}`);
      return body.health === 'failing' && body;
    });
    expect(failing.healthReason).to.equal('The receiver answered 500');
    expect(failing.failingSince).to.match(/^\d{4}-.*Z$/);
    receiver.answer(200);
    await api.post(`/webhooks/${webhook.id}/test`);
    await eventually(
      'healthy',
      async () => (await api.get(`/webhooks/${webhook.id}`)).body.health === 'healthy',
    );
    await api.delete(`/webhooks/${webhook.id}`);
  });

  it('answers 409 to what the state does not allow', async () => {
    const { body: webhook } = await create({ enabled: false });
    expect((await api.get(`/webhooks/${webhook.id}`)).body.health).to.equal('disabled');
    expect((await api.post(`/webhooks/${webhook.id}/test`)).status).to.equal(409);
  });

  it('lets agents look at webhooks of their bots, and change nothing', async () => {
    const { body: webhook } = await create();
    expect((await agent.get(`/webhooks/${webhook.id}`)).status).to.equal(403);
    for (const path of ['test', 'pause', 'resume', 'rotate-secret', 'rotate-signing-secret']) {
      expect((await agent.post(`/webhooks/${webhook.id}/${path}`)).status, path).to.equal(403);
    }
    expect((await agent.patch(`/webhooks/${webhook.id}`, { enabled: false })).status).to.equal(403);
    expect((await agent.delete(`/webhooks/${webhook.id}`)).status).to.equal(403);
  });

  it('answers 404 for what is not there', async () => {
    for (const path of ['/webhooks/nothing', '/webhooks/nothing/deliveries', '/deliveries/msg_nothing']) {
      expect((await api.get(path)).status, path).to.equal(404);
    }
  });
});
