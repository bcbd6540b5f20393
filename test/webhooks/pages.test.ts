import { expect } from 'chai';
import { webhookTypes } from '../../src/webhooks/catalogue.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

type Fields = Record<string, string | undefined>;

describe('the pages of webhooks', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let bot: string;
  let source: string;
  before(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const input = { name: 'Manual', type: 'files', config: {} };
    source = (await api.post(`/bots/${bot}/data-sources`, input)).body.id;
    await admin.submit(`/app/bots/${bot}/settings`, { agents: agent.id }, `/app/bots/${bot}/agents`);
  });
  beforeEach(() => receiver.answer(200));
  after(() => Promise.all([running.stop(), receiver.close()]));

  const newPage = (type: string) => `/app/bots/${bot}/webhooks/new?type=${type}`;
  const idOf = (location: string) => location.split('/').at(-1)!;
  const get = async (id: string) => (await api.get(`/webhooks/${id}`)).body;
  const secretOf = async (id: string) => (await api.get(`/webhooks/${id}/secret`)).body.secret;

  async function made(type = 'sync.success', more: object = { targetUrl: receiver.url }): Promise<string> {
    const answer = await api.post(`/bots/${bot}/webhooks`, { type, ...more });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.id;
  }

  /** The only delivery of a webhook, when it has reached this status. */
  const delivery = (id: string, status: string) =>
    eventually(`a delivery is ${status}`, async () => {
      const [first] = (await api.get(`/webhooks/${id}/deliveries`)).body.data;
      return first?.status === status && first.attempts > 0 && (first as { id: string });
    });

  it('have a card for each type, with a button to set one up', async () => {
    await made('sync.failure', { targetUrl: 'http://127.0.0.1:9/tickets', dataSourceId: source });
    const { $ } = await admin.get(`/app/bots/${bot}/webhooks`);
    for (const type of webhookTypes) {
      const card = $(`#card-${type.replace('.', '-')}`).closest('section');
      expect(card.find('code').text(), type).to.equal(type);
      expect(card.find('button').text(), type).to.equal('Setup');
      expect(card.find('form').attr('action'), type).to.equal(`/app/bots/${bot}/webhooks/new`);
      const form = (await admin.get(newPage(type))).$;
      const has = (name: string) => form(`main form [name="${name}"]`).length === 1;
      const [isSync, isTrigger] = [type.startsWith('sync.'), type === 'sync.trigger'];
      expect([has('dataSourceId'), has('targetUrl'), has('secret')], type).to.deep.equal([
        isSync,
        !isTrigger,
        true,
      ]);
      expect(form('main form .card-footer button').text(), type).to.equal('Create');
    }
    expect($('#card-sync-failure').closest('section').text()).to.match(/tickets\s+only for Manual\s+healthy/);
    expect((await admin.get(newPage('nonsense'))).status).to.equal(422);
  });

  it('make one that hears all data sources, or only one', async () => {
    for (const [dataSourceId, heard] of [
      ['', null],
      [source, source],
    ] as const) {
      const input = { targetUrl: receiver.url, dataSourceId, secret: 'a-secret-of-my-own' };
      const id = idOf(String(leadsTo(await admin.submit(newPage('sync.success'), input))));
      expect(await get(id)).to.include({
        type: 'sync.success',
        dataSourceId: heard,
        targetUrl: receiver.url,
        enabled: true,
      });
      expect(await secretOf(id)).to.equal('a-secret-of-my-own');
    }
    const generated = await admin.submit(newPage('conversation.started'), { targetUrl: receiver.url });
    expect(await secretOf(idOf(String(leadsTo(generated))))).to.match(/^[0-9a-f]{32}$/);
  });

  it('show the URL of a trigger and how to call it, to admins only', async () => {
    const id = idOf(String(leadsTo(await admin.submit(newPage('sync.trigger'), { dataSourceId: source }))));
    const url = `${running.url}/api/public/hooks/${id}/${await secretOf(id)}`;
    const { $ } = await admin.get(`/app/webhooks/${id}`);
    expect($('#trigger-url').text()).to.equal(url);
    for (const snippet of ['curl', 'fetch', 'requests'])
      expect($(`#snippet-${snippet}`).text()).to.include(url);
    expect($('main').text()).to.include('Anyone who has this URL can trigger a sync.');
    const seen = await agent.get(`/app/webhooks/${id}`);
    expect([seen.status, seen.text.includes(url)]).to.deep.equal([200, false]);
    expect(seen.$('main').text()).to.include('Only admins see the URL of a trigger.');
  });

  it('ask for a data source before a trigger can be made', async () => {
    const empty = (await api.post('/bots', { name: 'Empty' })).body.id;
    const { $ } = await admin.get(`/app/bots/${empty}/webhooks/new?type=sync.trigger`);
    expect($('main form').length).to.equal(0);
    expect($(`a[href="/app/bots/${empty}/data-sources/new"]`).text()).to.include('Add a data source');
  });

  const refused: [what: string, type: string, fields: Fields, field: string, message: RegExp][] = [
    ['no target', 'sync.success', { targetUrl: '' }, 'targetUrl', /Say where the events are sent/],
    ['what is no URL', 'sync.success', { targetUrl: 'example' }, 'targetUrl', /http or https URL/],
    ['another scheme', 'sync.success', { targetUrl: 'ftp://a.example/' }, 'targetUrl', /http or https URL/],
    [
      'a private target',
      'sync.success',
      { targetUrl: 'http://10.0.0.1:81/' },
      'targetUrl',
      /private.*OUTBOUND_ALLOW=10\.0\.0\.1:81/,
    ],
    [
      'a private target in disguise',
      'sync.failure',
      { targetUrl: 'http://0x0a000001/' },
      'targetUrl',
      /OUTBOUND_ALLOW/,
    ],
    ['a short secret', 'sync.trigger', { secret: 'short' }, 'secret', /At least 16/],
    [
      'a secret that no URL takes',
      'sync.trigger',
      { secret: 'a secret with spaces' },
      'secret',
      /Only A-Z a-z 0-9 _ and -/,
    ],
    [
      'a data source of another bot',
      'sync.success',
      { dataSourceId: 'x' },
      'dataSourceId',
      /no such data source/,
    ],
  ];
  for (const [what, type, fields, field, message] of refused) {
    it(`refuse ${what} at its field, and keep what was typed`, async () => {
      const all: Fields = { targetUrl: receiver.url, secret: 'a-secret-of-my-own', ...fields };
      if (type === 'sync.trigger') delete all.targetUrl;
      const answer = await admin.submit(newPage(type), all);
      expect(answer.status).to.equal(422);
      const { $ } = answer;
      expect($(`#field-${field}-error`).text()).to.match(message);
      expect($(`#field-${field}`).attr('aria-describedby')).to.include(`field-${field}-error`);
      expect($(`#field-${field}`).attr('aria-invalid')).to.equal('true');
      for (const [name, value = ''] of Object.entries(all)) {
        if (name !== 'dataSourceId') expect($(`#field-${name}`).val(), name).to.equal(value);
      }

      const id = await made(type, type === 'sync.trigger' ? { dataSourceId: source } : undefined);
      const [before, secret] = [await get(id), await secretOf(id)];
      const change = await admin.submit(`/app/webhooks/${id}/edit`, all);
      expect(change.status).to.equal(422);
      expect(change.$(`#field-${field}-error`).text()).to.match(message);
      expect([await get(id), await secretOf(id)]).to.deep.equal([before, secret]);
    });
  }

  it('update one: an empty secret keeps the one there is, a new one counts at once', async () => {
    const id = await made('sync.success', { targetUrl: receiver.url, secret: 'the-first-of-secrets' });
    const { $ } = await admin.get(`/app/webhooks/${id}/edit`);
    expect($('#field-targetUrl').val()).to.equal(receiver.url);
    expect($('#field-secret').val()).to.equal('');
    expect($('main form .card-footer button').text()).to.equal('Update');
    const to = (fields: Fields) => admin.submit(`/app/webhooks/${id}/edit`, fields);
    expect(leadsTo(await to({ targetUrl: `${receiver.url}/b`, dataSourceId: source }))).to.equal(
      `/app/webhooks/${id}`,
    );
    expect(await get(id)).to.include({ targetUrl: `${receiver.url}/b`, dataSourceId: source, enabled: true });
    expect(await secretOf(id)).to.equal('the-first-of-secrets');
    await to({ secret: 'the-second-of-secrets', dataSourceId: '' });
    expect([await secretOf(id), (await get(id)).dataSourceId]).to.deep.equal(['the-second-of-secrets', null]);
  });

  it('reveal secrets by a button only, and put that into the audit log', async () => {
    const id = await made('sync.success', { targetUrl: receiver.url, secret: 'a-secret-of-my-own' });
    const page = `/app/webhooks/${id}`;
    expect((await admin.get(page)).text).not.to.match(/a-secret-of-my-own|whsec_/);
    const shown = await admin.submit(page, {}, `${page}/secrets`);
    expect(shown.$('#secret').text()).to.equal('a-secret-of-my-own');
    expect(shown.$('#signing-secret').text()).to.match(/^whsec_[\w+/=]{44}$/);
    expect(leadsTo(await admin.get(`${page}/secrets`))).to.equal(page);
    expect((await admin.get('/app/settings/audit')).$('main').text()).to.include('revealed the secret');
  });

  it('make a new signing secret, the old one signing beside it', async () => {
    const id = await made();
    const page = `/app/webhooks/${id}`;
    await admin.submit(`${page}/rotate-signing-secret`, { overlapHours: '24' });
    expect((await admin.get(page)).$('[role=status]').text()).to.include(
      'For 24 hours the old one signs beside it.',
    );
    const before = receiver.received.length;
    await admin.submit(page, {}, `${page}/test`);
    const { headers } = (await receiver.wait(before + 1)).at(-1)!;
    expect(headers['webhook-signature']).to.match(/^v1,\S+ v1,\S+$/);
  });

  it('pause and resume', async () => {
    const id = await made();
    const page = `/app/webhooks/${id}`;
    expect(leadsTo(await admin.submit(page, {}, `${page}/pause`))).to.equal(page);
    await admin.submit(page, {}, `${page}/test`);
    const { $ } = await admin.get(page);
    expect($('.alert-warning').text()).to.match(
      /Paused.* by hand\.\s*Events wait and are kept; 1 delivery waits\..*Resume sends all\./s,
    );
    expect($('tbody tr').text()).to.match(/pending.*when resumed/s);
    await admin.submit(page, {}, `${page}/resume`);
    await delivery(id, 'delivered');
    expect((await admin.get(page)).$('h1 .badge').text()).to.equal('healthy');
  });

  it('show what was asked and answered, with the secret masked', async () => {
    receiver.answer(
      (_req, res) => void res.writeHead(500, { 'X-Why': '<b>down</b>' }).end('<script>alert(1)</script>'),
    );
    const id = await made('sync.success', { targetUrl: receiver.url, secret: 'a-secret-of-my-own' });
    await admin.submit(`/app/webhooks/${id}`, {}, `/app/webhooks/${id}/test`);
    const { id: sent } = await delivery(id, 'pending');
    const { $, text } = await admin.get(`/app/deliveries/${sent}`);
    const shown = $('.attempt').text();
    expect(shown).to.include('The receiver answered 500').and.include('Attempt 1');
    expect(shown).to.include(`POST ${receiver.url}`).and.include(`webhook-id: ${sent}`);
    expect(shown).to.include('x-why: <b>down</b>').and.include('<script>alert(1)</script>');
    expect(text).not.to.match(/a-secret-of-my-own|<script>alert|<b>down/);
    expect($('dl').text()).to.match(/pending.*Next attempt\s*in \d seconds.*test/s);

    const webhook = await admin.get(`/app/webhooks/${id}`);
    expect(webhook.$('h1 .badge').text()).to.equal('failing');
    expect(webhook.$('.alert-danger').text()).to.match(/Failing since .*The receiver answered 500\./s);
    const rows = async (status: string) =>
      (await admin.get(`/app/webhooks/${id}?status=${status}`)).$('td a[href^="/app/deliveries/"]').length;
    expect([await rows('pending'), await rows('delivered')]).to.deep.equal([1, 0]);
    expect((await admin.get(`/app/webhooks/${id}?status=nonsense`)).status).to.equal(422);

    receiver.answer(200);
    const page = `/app/deliveries/${sent}`;
    expect(leadsTo(await admin.submit(page, {}, `${page}/redeliver`))).to.equal(page);
    await delivery(id, 'delivered');
    expect((await admin.get(page)).$('.attempt').length).to.equal(2);
  });

  it('say that a receiver asked to stop, and send nothing until it is enabled again', async () => {
    receiver.answer(410);
    const id = await made();
    const page = `/app/webhooks/${id}`;
    await admin.submit(page, {}, `${page}/test`);
    await delivery(id, 'failed');
    const { $ } = await admin.get(page);
    expect($('h1 .badge').text()).to.equal('disabled');
    expect($('.alert-danger').text()).to.match(
      /Disabled\. The receiver answered 410 Gone\..*Events that happen now are not sent/s,
    );
    expect($('#send-test').attr('disabled')).to.equal('disabled');
    await admin.submit(`${page}/edit`, { enabled: 'on' });
    expect((await admin.get(page)).$('h1 .badge').text()).to.equal('healthy');
  });

  it('say before a deletion what goes with it', async () => {
    const id = await made();
    await api.post(`/webhooks/${id}/pause`);
    await api.post(`/webhooks/${id}/test`);
    const { $ } = await admin.get(`/app/webhooks/${id}/delete`);
    expect($('main form').text())
      .to.include(receiver.url)
      .and.match(/its log of deliveries, and 1 delivery that still waits is not sent/);
    expect(leadsTo(await admin.submit(`/app/webhooks/${id}/delete`))).to.equal(`/app/bots/${bot}/webhooks`);
    expect((await admin.get(`/app/webhooks/${id}`)).status).to.equal(404);
    const trigger = await made('sync.trigger', { dataSourceId: source });
    const question = await admin.get(`/app/webhooks/${trigger}/delete`);
    expect(question.$('main form').text()).to.include('Its URL is answered with 404 from then on.');
  });

  it('show deliveries to agents, and let them change nothing', async () => {
    const id = await made();
    await admin.submit(`/app/webhooks/${id}`, {}, `/app/webhooks/${id}/test`);
    const sent = await delivery(id, 'delivered');
    const pages = [`/app/bots/${bot}/webhooks`, `/app/webhooks/${id}`, `/app/deliveries/${sent.id}`];
    for (const page of pages) {
      const { $, status } = await agent.get(page);
      expect(status, page).to.equal(200);
      expect($('main form, main .btn:not(.copy)').length, page).to.equal(0);
    }
    const forms = ['edit', 'delete'].map((page) => `/app/webhooks/${id}/${page}`);
    for (const page of [newPage('sync.success'), ...forms])
      expect((await agent.get(page)).status, page).to.equal(403);
    const _csrf = await agent.token();
    const changes = ['edit', 'delete', 'pause', 'resume', 'rotate-signing-secret', 'secrets', 'test'];
    const paths = changes.map((change) => `/app/webhooks/${id}/${change}`);
    for (const path of [...paths, `/app/deliveries/${sent.id}/redeliver`, `/app/bots/${bot}/webhooks`]) {
      expect((await agent.post(path, { _csrf })).status, path).to.equal(403);
    }
    const stranger = await person(running, 'agent');
    for (const page of [...pages, `/app/webhooks/${id}/live`])
      expect((await stranger.get(page)).status, page).to.equal(403);
  });

  it('escape names and addresses', async () => {
    const name = `"><script>alert('x')</script>&amp;`;
    const other = (await api.post('/bots', { name })).body.id;
    const { body } = await api.post(`/bots/${other}/data-sources`, { name, type: 'files', config: {} });
    const targetUrl = `${receiver.url}/?q='><script>alert(1)</script>&amp;`;
    const hook = (
      await api.post(`/bots/${other}/webhooks`, { type: 'sync.success', targetUrl, dataSourceId: body.id })
    ).body.id;
    const trigger = (
      await api.post(`/bots/${other}/webhooks`, { type: 'sync.trigger', dataSourceId: body.id })
    ).body.id;
    await api.post(`/webhooks/${hook}/test`);
    const sent = await delivery(hook, 'delivered');
    const pages = [hook, trigger].flatMap((id) =>
      ['', '/edit', '/delete'].map((path) => `/app/webhooks/${id}${path}`),
    );
    for (const page of [...pages, `/app/bots/${other}/webhooks`, `/app/deliveries/${sent.id}`]) {
      const { $, text } = await admin.get(page);
      expect(text, page).not.to.include('<script>alert');
      expect($('body').text(), page).to.include(name);
    }
  });
});
