import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import type { Hook } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';
import { failedHook, finished } from './ground.js';

describe('the pages of replays, without JavaScript', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  before(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    [admin, agent] = [await person(running), await person(running, 'agent')];
    api = caller(running.url, admin.key);
  });
  after(() => Promise.all([running.stop(), receiver.close()]));

  const pageOf = ({ id }: Hook) => `/app/webhooks/${id}`;
  const since = '2020-01-01T00:00:00';

  it('lead from the webhook to a preview, and from there to the replay', async () => {
    const { hook, ids } = await failedHook(running, receiver.url, 25);
    const button = (await admin.get(pageOf(hook))).$('#replay');
    expect(button.text().trim()).to.equal('Replay');
    expect(button.closest('form').attr('action')).to.equal(`${pageOf(hook)}/replay`);

    const form = await admin.get(`${pageOf(hook)}/replay`);
    expect(form.$('label[for=field-since]').text()).to.equal('Since (UTC)');
    expect(form.$('#preview')).to.have.length(0);
    const preview = await admin.get(
      `${pageOf(hook)}/replay?since=${since}&until=&status=failed&perSecond=10`,
    );
    expect(preview.$('#preview h2').text()).to.equal('25 deliveries');
    expect(preview.$('#preview').text()).to.include('it takes about 3 s').and.include('webhook-id');
    expect(preview.$('#preview button').text()).to.match(/Replay 25 deliveries$/);
    expect(receiver.received).to.have.length(0);

    const fields = { since, status: 'failed', perSecond: 'none' };
    const query = new URLSearchParams({ ...fields, until: '' });
    expect(leadsTo(await admin.submit(`${pageOf(hook)}/replay?${query}`))).to.equal(pageOf(hook));
    expect((await admin.get(pageOf(hook))).$('[role=status]').text()).to.include(
      'Replaying 25 deliveries, with the ids they have.',
    );
    const received = await receiver.wait(25);
    expect(received.map(({ headers }) => headers['webhook-id'])).to.have.members(ids);
    await eventually('the page says done', async () => {
      const { $ } = await admin.get(pageOf(hook));
      return /done\s+25 of 25 deliveries/.test($('#replays').text());
    });
  });

  it('show how far a replay has come, and cancel it', async () => {
    const { hook } = await failedHook(running, receiver.url, 300);
    await admin.submit(`${pageOf(hook)}/replay?since=${since}&perSecond=1`);
    const bar = await eventually('it has begun', async () => {
      const { $ } = await admin.get(pageOf(hook));
      const progress = $('#replays progress');
      return Number(progress.attr('value')) > 0 && progress;
    });
    expect(bar.attr('max')).to.equal('300');
    const refused = await admin.get(`${pageOf(hook)}/replay?since=${since}`);
    expect(refused.$('[role=alert]').text()).to.match(
      /running already .*: cancel it, or wait until it has ended\./,
    );
    expect(refused.$('#preview form')).to.have.length(0);
    const [replay] = await running.hookbell.replays.latestOf(hook.id, 1);
    const cancelled = await admin.submit(pageOf(hook), {}, `/app/replays/${replay!.id}/cancel`);
    expect(leadsTo(cancelled)).to.equal(pageOf(hook));
    const { $ } = await admin.get(pageOf(hook));
    expect($('[role=status]').first().text() + $('.alert-success').text()).to.match(
      /Cancelled: \d+ of 300 deliveries/,
    );
    expect($('#replays').text()).to.match(/The other \d+ stayed as they were\./);
    expect($('#replays form')).to.have.length(0);
  });

  it('say when there is nothing to replay, and what waits anyway', async () => {
    const { hook } = await failedHook(running, receiver.url, 0);
    await api.post(`/webhooks/${hook.id}/pause`);
    await api.post(`/webhooks/${hook.id}/test`);
    const { $ } = await admin.get(`${pageOf(hook)}/replay?since=${since}`);
    expect($('#preview h2').text()).to.equal('Nothing to replay');
    expect($('#preview').text()).to.include('1 delivery is still pending: those are sent without a replay.');
    expect($('#preview form')).to.have.length(0);
  });

  it('say that a replay of a paused webhook waits, and refuse that of a disabled one', async () => {
    const { hook } = await failedHook(running, receiver.url, 1);
    await api.post(`/webhooks/${hook.id}/pause`);
    const preview = `${pageOf(hook)}/replay?since=${since}`;
    expect((await admin.get(preview)).$('#preview .alert').text()).to.include('is paused: the replay waits');
    await admin.submit(preview);
    expect((await admin.get(pageOf(hook))).$('#replays').text()).to.include('Waits: the webhook is paused.');
    await api.patch(`/webhooks/${hook.id}`, { enabled: false });
    const { $ } = await admin.get(preview);
    expect($('#preview .alert').text()).to.equal('This webhook is disabled: enable it first.');
    const forced = await admin.post(`${pageOf(hook)}/replay`, { _csrf: await admin.token(), since });
    expect([forced.status, forced.$('.alert-danger').text()]).to.deep.equal([
      409,
      'This webhook is disabled: enable it first',
    ]);
  });

  it('offer the time since it began to fail, from the first that was given up', async () => {
    const { hook, at } = await failedHook(running, receiver.url, 2);
    const { db } = running.hookbell.deps;
    const [early, late] = [at - 3 * 3_600_000, at - 2 * 3_600_000];
    await finished(db, hook, [{ createdAt: early, finishedAt: late + 1 }], at);
    await db('webhooks').where({ id: hook.id }).update({ failing_since: late, last_error: 'It was down' });
    const { $ } = await admin.get(`${pageOf(hook)}/replay`);
    const links = $('#presets a').toArray();
    expect(links.map((link) => $(link).text())).to.deep.equal([
      'last hour',
      'last 24 hours',
      'since it began to fail',
    ]);
    const failing = $(links[2]!).attr('href')!;
    expect((await admin.get(failing)).$('#preview h2').text()).to.equal('3 deliveries');
    expect((await admin.get($(links[0]!).attr('href')!)).$('#preview h2').text()).to.equal('2 deliveries');
  });

  const wrong: [query: string, field: string, message: RegExp][] = [
    ['since=nonsense', 'since', /^A date and a time/],
    ['since=2026-13-01T00:00', 'since', /no such time/],
    ['since=', 'since', /Missing/],
    ['since=2999-01-01T00:00', 'since', /in the future/],
    [`since=${since}&until=2019-01-01T00:00`, 'until', /must come after/],
  ];
  for (const [query, field, message] of wrong) {
    it(`refuse ${query} at its field`, async () => {
      const { hook } = await failedHook(running, receiver.url, 1);
      const { $, status } = await admin.get(`${pageOf(hook)}/replay?${query}`);
      expect(status).to.equal(422);
      expect($(`#field-${field}-error`).text()).to.match(message);
      expect($(`#field-${field}`).attr('aria-invalid')).to.equal('true');
      expect($('#preview')).to.have.length(0);
    });
  }

  it('replay several webhooks of a bot by the types of their events, one job each', async () => {
    const { hook } = await failedHook(running, receiver.url, 2);
    const { db, clock } = running.hookbell.deps;
    const made = async (type: string) => {
      const { body } = await api.post(`/bots/${hook.botId}/webhooks`, { type, targetUrl: receiver.url });
      await finished(db, { id: body.id, botId: hook.botId }, [{}, {}, {}], clock());
      return body.id as string;
    };
    const failure = await made('sync.failure');
    const started = await made('conversation.started');
    const disabled = await made('sync.success');
    await api.patch(`/webhooks/${disabled}`, { enabled: false });
    const page = `/app/bots/${hook.botId}/replay`;
    expect((await admin.get(`/app/bots/${hook.botId}/webhooks`)).$(`a[href="${page}"]`)).to.have.length(1);
    const form = await admin.get(page);
    expect(form.$('input[name=types]:checked')).to.have.length(3);

    const query = `since=${since}&perSecond=100&types=sync.success&types=sync.failure`;
    const { $ } = await admin.get(`${page}?${query}`);
    expect($('#preview h2').text()).to.equal('5 deliveries');
    expect($('#preview tbody tr')).to.have.length(3);
    expect($('#preview').text()).to.include('Left out. This webhook is disabled');
    expect($('input[name=types]:checked')).to.have.length(2);
    expect(
      leadsTo(await admin.submit(`${page}?${query}`, { types: ['sync.success', 'sync.failure'] })),
    ).to.equal(page);
    await eventually('both are done', async () => {
      const shown = await admin.get(page);
      return (shown.$('#replays').text().match(/done/g) ?? []).length === 2;
    });
    const state = async (id: string) => (await running.hookbell.replays.latestOf(id, 1))[0]?.done ?? null;
    expect([
      await state(hook.id),
      await state(failure),
      await state(started),
      await state(disabled),
    ]).to.deep.equal([2, 3, null, null]);
    expect((await admin.get(`${page}?since=${since}`)).$('#types-error').text()).to.equal(
      'Tick at least one',
    );
    const again = await admin.post(page, {
      _csrf: await admin.token(),
      since,
      types: 'sync.failure',
      status: 'failed',
    });
    expect([leadsTo(again), again.$('.alert-danger').text()]).to.satisfy(
      ([led, problem]: string[]) => led === 'status 409' && problem!.includes('Nothing can be replayed'),
    );
  });

  it('are for admins: agents see replays and no form', async () => {
    const { hook } = await failedHook(running, receiver.url, 200);
    await admin.submit(
      `/app/bots/${hook.botId}/settings`,
      { agents: agent.id },
      `/app/bots/${hook.botId}/agents`,
    );
    await admin.submit(`${pageOf(hook)}/replay?since=${since}&perSecond=1`);
    const { $ } = await agent.get(pageOf(hook));
    expect($('#replays').text()).to.match(/running\s+\d+ of 200 deliveries/);
    expect($('#replays form, #replay')).to.have.length(0);
    const token = await agent.token();
    const [replay] = await running.hookbell.replays.latestOf(hook.id, 1);
    expect((await agent.get(`${pageOf(hook)}/replay`)).status).to.equal(403);
    expect((await agent.get(`/app/bots/${hook.botId}/replay`)).status).to.equal(403);
    for (const path of [
      `${pageOf(hook)}/replay`,
      `/app/replays/${replay!.id}/cancel`,
      `/app/bots/${hook.botId}/replay`,
    ])
      expect((await agent.post(path, { _csrf: token, since })).status, path).to.equal(403);
  });
});
