import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { eventTypes } from '../../src/webhooks/catalogue.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { emit, makeHook } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const hour = 3_600_000;

describe('new secrets', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let api: Caller;
  before(async () => {
    running = await startHookbell();
    admin = await person(running);
    api = caller(running.url, admin.key);
  });
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());
  after(() => running.stop());

  const sent = async (id: string) => {
    const before = receiver.received.length;
    await api.post(`/webhooks/${id}/test`);
    return (await receiver.wait(before + 1)).at(-1)!;
  };
  const said = async (id: string) => (await admin.get(`/app/webhooks/${id}`)).$('#old-signs').text();
  const audit = async () => (await admin.get('/app/settings/audit')).$('main').text();

  it('are in the very next request, even of deliveries that were taken up before', async () => {
    const hook = await makeHook(running, receiver.url);
    const emitted = async (counts: number[]) => {
      for (const count of counts) await emit(running, hook.botId, count);
    };
    // A receiver that answers quickly has deliveries taken up ahead for it.
    await emitted([1, 2, 3]);
    await receiver.wait(3);
    const held: ServerResponse[] = [];
    receiver.answer((_req, res) => void held.push(res));
    await emitted(Array.from({ length: 40 }, (_, count) => count));
    const isClaimed = { webhook_id: hook.id, status: 'sending' };
    await eventually('more is taken up than is sent', async () => {
      const claimed = await running.hookbell.deps.db('deliveries').where(isClaimed);
      return claimed.length > held.length && held.length > 0;
    });
    const { body } = await api.post(`/webhooks/${hook.id}/rotate-secret`);
    const signing = await api.post(`/webhooks/${hook.id}/rotate-signing-secret`, { overlapHours: 0 });
    const before = receiver.received.length;
    receiver.answer(200);
    for (const res of held) res.end();
    const rest = (await receiver.wait(43)).slice(before);
    expect(rest.length).to.be.greaterThan(20);
    for (const { headers, body: text } of rest) {
      expect(headers['x-secret-key']).to.equal(body.secret);
      expect(headers['webhook-signature']).not.to.include(' ');
      expect(() => new Webhook(signing.body.signingSecret).verify(text, headers)).not.to.throw();
    }
  });

  it('are asked for on a page of their own: the plain one counts at once', async () => {
    const { id, secret } = await makeHook(running, receiver.url);
    const page = `/app/webhooks/${id}/rotate-secret`;
    const unsure = await admin.submit(page, { secret: 'a-secret-of-my-own' });
    expect(unsure.status).to.equal(422);
    expect(unsure.$('#field-sure-error').text()).to.equal('Tick this to go on');
    expect(unsure.$('[name=secret]').val()).to.equal('a-secret-of-my-own');
    const short = await admin.submit(page, { secret: 'short', sure: 'on' });
    expect(short.$('#field-secret-error').text()).to.equal('At least 16 characters');
    expect((await sent(id)).headers['x-secret-key']).to.equal(secret);

    const done = await admin.submit(page, { secret: 'a-secret-of-my-own', sure: 'on' });
    expect(leadsTo(done)).to.equal(`/app/webhooks/${id}`);
    expect((await sent(id)).headers['x-secret-key']).to.equal('a-secret-of-my-own');
    await admin.submit(page, { sure: 'on' });
    expect((await sent(id)).headers['x-secret-key']).to.match(/^[0-9a-f]{32}$/);
    expect(await audit()).to.include('rotated the secret of the webhook');
  });

  it('sign beside the old one for as long as was chosen, and the page says until when', async () => {
    const { id, signingSecret } = await makeHook(running, receiver.url);
    const page = `/app/webhooks/${id}/rotate-signing-secret`;
    expect(await said(id)).to.equal('');
    for (const [overlapHours, problem] of [
      ['-1', 'Not below 0'],
      ['721', 'At most 720 hours'],
      ['soon', 'A number of hours from 0 to 720'],
    ]) {
      const refused = await admin.submit(page, { overlapHours });
      expect(refused.status, overlapHours).to.equal(422);
      expect(refused.$('#field-overlapHours-error').text()).to.equal(problem);
      expect(refused.$('[name=overlapHours]').val()).to.equal(overlapHours);
    }
    expect((await sent(id)).headers['webhook-signature']).not.to.include(' ');

    const until = running.hookbell.deps.clock() + 72 * hour;
    expect(leadsTo(await admin.submit(page, { overlapHours: '72' }))).to.equal(`/app/webhooks/${id}`);
    const { $ } = await admin.get(`/app/webhooks/${id}`);
    expect($('[role=status]').text()).to.include('For 72 hours the old one signs beside it.');
    const told = Date.parse($('#old-signs time').attr('datetime')!);
    expect(told).to.be.within(until, until + 60_000);
    expect(await audit()).to.match(/rotated the signing secret of the webhook .* \(overlap hours: 72\)/);
    expect((await admin.get(page)).$('[role=note]').text()).to.include('An older one still signs until');

    const { body } = await api.get(`/webhooks/${id}/secret`);
    const signatures = async (keys: string[]) => {
      const { headers, body: text } = await sent(id);
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      const right = keys.map((key) => new Webhook(key).sign(headers['webhook-id']!, at, text));
      expect(headers['webhook-signature']).to.equal(right.join(' '));
    };
    await signatures([body.signingSecret, signingSecret!]);
    running.pass(72 * hour);
    await signatures([body.signingSecret]);
    expect(await said(id)).to.equal('');
  });

  it('end an overlap at once, if none is chosen', async () => {
    const { id } = await makeHook(running, receiver.url);
    const page = `/app/webhooks/${id}/rotate-signing-secret`;
    await admin.submit(page, { overlapHours: '1' });
    await admin.submit(page, { overlapHours: '0' });
    const { $ } = await admin.get(`/app/webhooks/${id}`);
    expect($('[role=status]').text()).to.include('The old one signs no more.');
    expect($('#old-signs').length).to.equal(0);
    expect((await sent(id)).headers['webhook-signature']).not.to.include(' ');
  });

  it('are for admins; a trigger has a secret only', async () => {
    const { id, botId } = await makeHook(running, receiver.url);
    const agent = await person(running, 'agent');
    await admin.submit(`/app/bots/${botId}/settings`, { agents: agent.id }, `/app/bots/${botId}/agents`);
    const _csrf = await agent.token();
    for (const path of [`/app/webhooks/${id}/rotate-secret`, `/app/webhooks/${id}/rotate-signing-secret`]) {
      expect((await agent.get(path)).status, path).to.equal(403);
      expect((await agent.post(path, { _csrf, sure: 'on' })).status, path).to.equal(403);
    }
    const input = { name: 'Manual', type: 'files', config: {} };
    const dataSourceId = (await api.post(`/bots/${botId}/data-sources`, input)).body.id;
    const trigger = (await api.post(`/bots/${botId}/webhooks`, { type: 'sync.trigger', dataSourceId })).body;
    const page = `/app/webhooks/${trigger.id}`;
    expect((await admin.get(`${page}/rotate-signing-secret`)).status).to.equal(409);
    expect((await admin.get(`${page}/receiver`)).status).to.equal(409);
    await admin.submit(`${page}/rotate-secret`, { sure: 'on' });
    expect((await fetch(trigger.url, { method: 'POST' })).status).to.equal(404);
    expect(
      (await fetch((await admin.get(page)).$('#trigger-url').text(), { method: 'POST' })).status,
    ).to.equal(200);
  });

  it('lead to what a receiver needs to know, agents too', async () => {
    const { id, botId } = await makeHook(running, receiver.url);
    const agent = await person(running, 'agent');
    await admin.submit(`/app/bots/${botId}/settings`, { agents: agent.id }, `/app/bots/${botId}/agents`);
    const links = (await agent.get(`/app/webhooks/${id}`)).$(`#secrets-of-${id} a`);
    const paths = links.toArray().map((link) => link.attribs.href!);
    expect(paths).to.deep.equal([`/app/webhooks/${id}/receiver`, '/app/event-types#sync.success']);
    for (const path of paths) expect((await agent.get(path)).status, path).to.equal(200);
    const stranger = await person(running, 'agent');
    expect((await stranger.get(`/app/webhooks/${id}/receiver`)).status).to.equal(403);
  });
});

describe('the page of all events', () => {
  let running: Running;
  after(() => running.stop());

  it('shows each with its fields, example and schema, the headers, and the rules as they are set', async () => {
    const env = { RETRY_SCHEDULE: '90s,26h', DELIVERY_TIMEOUT: '1500ms', PAUSE_AFTER: '5d' };
    running = await startHookbell({ background: false, env });
    const admin = await person(running);
    const api = caller(running.url, admin.key);
    const { body } = await api.get('/event-types');
    const { $ } = await admin.get('/app/event-types');
    for (const { type, description, when, schema, example } of body.data) {
      const section = $(`[id="${type}"]`);
      const name = type.replace('.', '-');
      expect(section.text(), type).to.include(description).and.include(when);
      const shown = (part: string) => section.find(`#${name}-${part}`).text();
      expect(shown('example')).to.equal(JSON.stringify(example, null, 2));
      expect(JSON.parse(shown('schema'))).to.deep.equal(schema);
      expect($(`a[href="#${type}"]`).length).to.equal(1);
    }
    expect($('section[aria-labelledby]').length).to.equal(eventTypes.length + 2);
    const row = (text: string) => $(`[id="conversation.started"] tr:contains("${text}")`).first().text();
    expect(row('conversation.initialMessage')).to.match(
      /conversation\.initialMessage\s*string\s*Optional\. What/,
    );
    expect(row('timestamp')).to.match(/timestamp\s*string \(date-time\)\s*When it happened/);
    const headers = $('#headers tbody tr td:first-child')
      .toArray()
      .map((cell) => $(cell).text());
    expect(headers).to.deep.equal([
      'Content-Type',
      'X-Secret-Key',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'X-Hookbell-Event',
      'X-Hookbell-Attempt',
      'User-Agent',
    ]);
    const rules = $('#retry-rules').text().replace(/\s+/g, ' ');
    expect(rules).to.include('1 second 500 milliseconds, from connecting');
    expect(rules).to.include('1 minute 30 seconds, 1 day 2 hours; each ±10 %');
    expect(rules).to.include(
      'When attempt 3 has failed too, about 1 day 2 hours 1 minute 30 seconds after the first',
    );
    expect(rules).to.include('only failed for 5 days is paused');
    const bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    expect(
      (await admin.get(`/app/bots/${bot}/webhooks`)).$('main a[href="/app/event-types"]').length,
    ).to.equal(1);
  });
});
