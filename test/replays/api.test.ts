import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { keyHolder } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { failedHook, statuses } from './ground.js';

const longAgo = '2020-01-01T00:00:00Z';

describe('replays by the API', () => {
  let running: Running;
  let receiver: Receiver;
  let api: Caller;
  let agent: Caller;
  before(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    api = caller(running.url, (await keyHolder(running)).key);
    agent = caller(running.url, (await keyHolder(running, 'agent')).key);
  });
  beforeEach(() => receiver.answer(200));
  after(() => Promise.all([running.stop(), receiver.close()]));

  const locationOf = (answer: { headers: Record<string, string> }) =>
    answer.headers.location!.replace('/api/v1', '');

  it('answer with the count, say where to follow them, and send again what failed', async () => {
    const { hook, ids } = await failedHook(running, receiver.url, 3);
    const before = receiver.received.length;
    const answer = await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    expect([answer.status, answer.body]).to.deep.equal([202, { count: 3 }]);
    const received = (await receiver.wait(before + 3)).slice(before);
    expect(received.map(({ headers }) => headers['webhook-id'])).to.have.members(ids);
    const replay = await eventually('it is done', async () => {
      const { body } = await api.get(locationOf(answer));
      return body.state === 'done' && body;
    });
    expect(replay).to.deep.include({
      webhookId: hook.id,
      since: '2020-01-01T00:00:00.000Z',
      until: null,
      status: 'failed',
      perSecond: 10,
      progress: { done: 3, total: 3 },
    });
    expect(replay.finishedAt).to.match(/^\d{4}-.*Z$/);
    await eventually('all are delivered', async () =>
      (await statuses(running.hookbell.deps.db, hook.id)).every((status) => status === 'delivered'),
    );
    const none = await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    expect([none.status, none.body]).to.deep.equal([202, { count: 0 }]);
    expect((await api.get(locationOf(none))).body.state).to.equal('done');
  });

  it('are previewed with the same words, without anything being sent', async () => {
    const { hook, at } = await failedHook(running, receiver.url, 5);
    const count = async (query: string) =>
      (await api.get(`/webhooks/${hook.id}/replay-preview?${query}`)).body.count;
    expect(await count(`since=${longAgo}`)).to.equal(5);
    expect(await count(`since=${longAgo}&status=delivered`)).to.equal(0);
    expect(await count(`since=${longAgo}&status=finished`)).to.equal(5);
    const [since, until] = [at - 4_000, at - 2_000].map((ms) => new Date(ms).toISOString());
    expect(await count(`since=${since}&until=${until}`)).to.equal(2);
    expect(await count(`since=${encodeURIComponent('2020-01-01T00:00:00+02:00')}`)).to.equal(5);
    expect(new Set(await statuses(running.hookbell.deps.db, hook.id))).to.deep.equal(new Set(['failed']));
    expect((await api.get(`/webhooks/${hook.id}/replays`)).body.data).to.deep.equal([]);
  });

  it('are one at a time a webhook, can be cancelled, and are listed newest first, page by page', async () => {
    const { hook } = await failedHook(running, receiver.url, 50);
    const path = `/webhooks/${hook.id}/replay`;
    const first = await api.post(path, { since: longAgo, perSecond: 1 });
    const second = await api.post(path, { since: longAgo });
    expect(second.status).to.equal(409);
    expect(second.body.detail)
      .to.include(locationOf(first).split('/').at(-1))
      .and.match(/\d+ of 50/);
    const cancelled = await api.post(`${locationOf(first)}/cancel`);
    expect([cancelled.status, cancelled.body.state]).to.deep.equal([200, 'cancelled']);
    expect((await api.post(`${locationOf(first)}/cancel`)).status).to.equal(409);
    const third = await api.post(path, { since: longAgo, perSecond: null });
    expect(third.body.count).to.be.within(1, 50);
    const page = await api.get(`/webhooks/${hook.id}/replays?limit=1`);
    expect(page.body.data.map((replay: { id: string }) => replay.id)).to.deep.equal([
      locationOf(third).split('/').at(-1),
    ]);
    const rest = await api.get(`/webhooks/${hook.id}/replays?limit=1&cursor=${page.body.nextCursor}`);
    expect(rest.body.data[0].state).to.equal('cancelled');
    expect(rest.body.nextCursor).to.equal(null);
  });

  it('are begun once however many ask at the same time', async () => {
    const { hook } = await failedHook(running, receiver.url, 100);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        api.post(`/webhooks/${hook.id}/replay`, { since: longAgo, perSecond: 1 }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([202, ...Array(9).fill(409)]);
  });

  it('wait while the webhook is paused, and are refused with the reason while it is disabled', async () => {
    const { hook } = await failedHook(running, receiver.url, 2);
    await api.post(`/webhooks/${hook.id}/pause`);
    const answer = await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    expect(answer.status).to.equal(202);
    await api.post(`${locationOf(answer)}/cancel`);
    await api.post(`/webhooks/${hook.id}/resume`);
    await api.patch(`/webhooks/${hook.id}`, { enabled: false });
    const refused = await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    expect([refused.status, refused.body.detail]).to.deep.equal([
      409,
      'This webhook is disabled: enable it first',
    ]);
  });

  const wrong: [what: string, body: object, path: string][] = [
    ['no since', {}, 'since'],
    ['a since that is no time', { since: 'yesterday' }, 'since'],
    ['a since without its zone', { since: '2026-01-01T00:00:00' }, 'since'],
    ['a since in the future', { since: '2999-01-01T00:00:00Z' }, 'since'],
    ['an until before since', { since: longAgo, until: '2019-12-31T00:00:00Z' }, 'until'],
    ['an until that is since', { since: longAgo, until: longAgo }, 'until'],
    ['a status that is on its schedule', { since: longAgo, status: 'pending' }, 'status'],
    ['no speed', { since: longAgo, perSecond: 0 }, 'perSecond'],
    ['half a delivery a second', { since: longAgo, perSecond: 0.5 }, 'perSecond'],
    ['an unknown field', { since: longAgo, force: true }, 'force'],
  ];
  for (const [what, body, path] of wrong) {
    it(`refuse ${what} with 422 and the field`, async () => {
      const { hook } = await failedHook(running, receiver.url, 0);
      const answer = await api.post(`/webhooks/${hook.id}/replay`, body);
      expect(answer.status).to.equal(422);
      expect(answer.body.errors.map((error: { path: string }) => error.path)).to.deep.equal([path]);
    });
  }

  it('are for admins; agents see them only where they see the bot', async () => {
    const { hook } = await failedHook(running, receiver.url, 1);
    const answer = await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    expect((await agent.post(`/webhooks/${hook.id}/replay`, { since: longAgo })).status).to.equal(403);
    expect((await agent.post(`${locationOf(answer)}/cancel`)).status).to.equal(403);
    for (const path of [
      locationOf(answer),
      `/webhooks/${hook.id}/replays`,
      `/webhooks/${hook.id}/replay-preview?since=${longAgo}`,
    ])
      expect((await agent.get(path)).status, path).to.equal(403);
    expect((await api.get('/replays/nothing')).status).to.equal(404);
    expect((await api.post('/webhooks/nothing/replay', { since: longAgo })).status).to.equal(404);
    const source = { name: 'Manual', type: 'files', config: {} };
    const { body } = await api.post(`/bots/${hook.botId}/data-sources`, source);
    const trigger = { type: 'sync.trigger', dataSourceId: body.id };
    const { id } = (await api.post(`/bots/${hook.botId}/webhooks`, trigger)).body;
    expect((await api.post(`/webhooks/${id}/replay`, { since: longAgo })).status).to.equal(409);
  });

  it('are in the audit log, begun, cancelled and ended', async () => {
    const { hook } = await failedHook(running, receiver.url, 2);
    const { db } = running.hookbell.deps;
    await api.post(`/webhooks/${hook.id}/pause`);
    const first = await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    await api.post(`${locationOf(first)}/cancel`);
    await api.post(`/webhooks/${hook.id}/resume`);
    await api.post(`/webhooks/${hook.id}/replay`, { since: longAgo });
    const actions = await eventually('the end is recorded', async () => {
      const rows = await db('audit_log').where({ subject_id: hook.id }).orderBy('id');
      const all: string[] = rows.map(({ action }) => action).filter((one) => one.includes('replay'));
      return all.length === 4 && all;
    });
    expect(actions).to.deep.equal([
      'webhook.replay-started',
      'webhook.replay-cancelled',
      'webhook.replay-started',
      'webhook.replay-finished',
    ]);
  });
});
