import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const defaults = {
  headers: [],
  requestsPerSecond: null,
  concurrency: null,
  timeoutSeconds: null,
  inOrder: true,
};

describe('how the events of a webhook are sent, by the API', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let botId: string;
  let sourceId: string;
  before(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    [admin, agent] = [await person(running), await person(running, 'agent')];
    api = caller(running.url, admin.key);
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const source = { name: 'Manual', type: 'files', config: {} };
    sourceId = (await api.post(`/bots/${botId}/data-sources`, source)).body.id;
    await admin.submit(`/app/bots/${botId}/settings`, { agents: agent.id }, `/app/bots/${botId}/agents`);
  });
  after(() => Promise.all([running.stop(), receiver.close()]));

  const create = (more: object = {}) =>
    api.post(`/bots/${botId}/webhooks`, { type: 'sync.success', targetUrl: receiver.url, ...more });

  it('is by the defaults when nothing is said', async () => {
    const { body } = await create();
    expect(body).to.deep.include(defaults);
    expect((await api.get(`/webhooks/${body.id}`)).body).to.deep.include(defaults);
  });

  it('is as it was set, in every answer, until it is set otherwise', async () => {
    const set = { requestsPerSecond: 10, concurrency: 2, timeoutSeconds: 60, inOrder: false };
    const { body } = await create({ ...set, type: 'conversation.claimed' });
    expect(body).to.include(set);
    expect((await api.get(`/webhooks/${body.id}`)).body).to.include(set);
    const list = (await api.get(`/bots/${botId}/webhooks`)).body.data;
    expect(list.find(({ id }: { id: string }) => id === body.id)).to.include(set);
    const some = await api.patch(`/webhooks/${body.id}`, { requestsPerSecond: 1000, concurrency: null });
    expect(some.body).to.include({ ...set, requestsPerSecond: 1000, concurrency: null });
    const row = await running.hookbell.deps.db('webhooks').where({ id: body.id }).first();
    expect(row).to.include({ requests_per_second: 1000, concurrency: null, timeout_ms: 60_000 });
    expect(Boolean(row.in_order)).to.equal(false);
    const none = { requestsPerSecond: null, timeoutSeconds: null, inOrder: true };
    expect((await api.patch(`/webhooks/${body.id}`, none)).body).to.deep.include(defaults);
  });

  for (const [field, ...values] of [
    ['requestsPerSecond', 0, 1001, 1.5, '5', true],
    ['concurrency', 0, 65, 2.5, '2'],
    ['timeoutSeconds', 0, 61, 0.5, '15'],
    ['inOrder', 'yes', 1, null],
    ['timeoutMs', 5000],
  ] as const) {
    it(`refuses ${field} as ${values.map((value) => JSON.stringify(value)).join(', ')}`, async () => {
      const { id } = (await create()).body;
      for (const value of values) {
        for (const answer of [
          await create({ [field]: value }),
          await api.patch(`/webhooks/${id}`, { [field]: value }),
        ]) {
          expect(answer.status, `${field}: ${value}`).to.equal(422);
          expect(answer.body.errors.map(({ path }: { path: string }) => path)).to.deep.equal([field]);
        }
      }
      expect((await api.get(`/webhooks/${id}`)).body).to.deep.include(defaults);
    });
  }

  it('is nothing that a trigger has', async () => {
    const trigger = { type: 'sync.trigger', targetUrl: undefined, dataSourceId: sourceId };
    const { id } = (await create(trigger)).body;
    for (const [field, value] of Object.entries({
      headers: { 'X-Key': 'x' },
      requestsPerSecond: 5,
      concurrency: 5,
      timeoutSeconds: 5,
      inOrder: false,
    })) {
      for (const answer of [
        await create({ ...trigger, [field]: value }),
        await api.patch(`/webhooks/${id}`, { [field]: value }),
      ]) {
        expect(answer.status, field).to.equal(422);
        expect(answer.body.errors[0]).to.deep.equal({
          path: field,
          message: 'A trigger is called by others: nothing is sent from it',
        });
      }
    }
  });

  it('keeps the values of headers out of every answer, list, page, log and audit row but one', async () => {
    const value = 'Bearer 5up3r-s3cr3t-t0k3n';
    const other = 'another-s3cr3t-t0k3n';
    receiver.answer((req, res) => void res.writeHead(500, { 'X-Echo': req.headers.authorization! }).end());
    const created = await create({ headers: { Authorization: value } });
    const { id } = created.body;
    const patched = await api.patch(`/webhooks/${id}`, {
      headers: { Authorization: null, 'X-Other': other },
    });
    await api.patch(`/webhooks/${id}`, { headers: { Authorization: 'bro\nken s3cr3t-t0k3n' } });
    const before = receiver.received.length;
    await api.post(`/webhooks/${id}/test`);
    await receiver.wait(before + 1);
    expect(receiver.received.at(-1)!.headers).to.include({ authorization: value, 'x-other': other });
    const sent = await eventually('the attempt is recorded', async () => {
      const [delivery] = (await api.get(`/webhooks/${id}/deliveries`)).body.data;
      return delivery?.attempts > 0 && (delivery as { id: string });
    });

    const answers = [created, patched];
    for (const path of [
      `/bots/${botId}/webhooks`,
      `/webhooks/${id}`,
      `/webhooks/${id}/deliveries`,
      `/deliveries/${sent.id}`,
      '/openapi.json',
    ]) {
      answers.push(await api.get(path));
    }
    const hook = `/app/webhooks/${id}`;
    for (const path of [
      hook,
      `${hook}/edit`,
      `${hook}/delete`,
      `/app/deliveries/${sent.id}`,
      '/app/settings/audit',
    ]) {
      answers.push(await admin.get(path));
    }
    for (const answer of answers) {
      expect(answer.status, answer.text).to.be.within(200, 201);
      expect(answer.text).not.to.match(/s3cr3t/);
    }
    const tables = ['webhooks', 'audit_log', 'attempts', 'deliveries', 'events', 'idempotency_keys'];
    for (const table of tables)
      expect(JSON.stringify(await running.hookbell.deps.db(table)), table).not.to.match(/s3cr3t/);
    expect(running.logged())
      .to.include(`/webhooks/${id}`)
      .and.not.match(/s3cr3t/);

    const revealed = await api.get(`/webhooks/${id}/secret`);
    expect(revealed.body.headers).to.deep.equal({ Authorization: value, 'X-Other': other });
    const [entry] = await running.hookbell.accounts.auditPage(1, null);
    expect(entry).to.include({ action: 'webhook.secret-revealed', subjectId: id });
    const asAgent = caller(running.url, agent.key);
    expect((await asAgent.get(`/webhooks/${id}`)).body.headers).to.deep.equal(['Authorization', 'X-Other']);
    expect((await asAgent.get(`/webhooks/${id}/secret`)).status).to.equal(403);
    receiver.answer(200);
    await api.delete(`/webhooks/${id}`);
  });

  it('puts into the audit log what was changed, and only that', async () => {
    const { id } = (await create({ headers: { 'X-Key': 'a' }, concurrency: 3 })).body;
    await api.patch(`/webhooks/${id}`, {
      headers: { 'X-Key': null },
      concurrency: 3,
      requestsPerSecond: 7,
      enabled: true,
    });
    const last = async () => (await running.hookbell.accounts.auditPage(1, null))[0]!;
    expect(await last()).to.deep.include({
      action: 'webhook.changed',
      details: { fields: ['requestsPerSecond'] },
    });
    await api.patch(`/webhooks/${id}`, { headers: { 'X-Key': 'b' }, secret: 'a-secret-of-my-own' });
    expect((await last()).details).to.deep.equal({ fields: ['headers', 'secret'] });
  });

  it('is described in OpenAPI, with what null means', async () => {
    const { paths } = (await api.get('/openapi.json')).body;
    const body = (path: string, method: string) =>
      paths[path][method].requestBody.content['application/json'].schema.properties;
    const change = body('/webhooks/{id}', 'patch');
    expect(change).to.include.keys(
      'headers',
      'requestsPerSecond',
      'concurrency',
      'timeoutSeconds',
      'inOrder',
    );
    expect(change.headers.description).to.match(/one whose value is null keeps its stored value/);
    expect(body('/bots/{id}/webhooks', 'post').headers.description).to.match(/cannot be null here/);
  });
});
