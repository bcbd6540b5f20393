import { expect } from 'chai';
import { createGuard, inOneSentence, refusalIn } from '../../src/net/guard.js';
import { parseRule, parseRules } from '../../src/net/rules.js';
import { meaningOf } from '../../src/outbound/meaning.js';
import { outboundRuleStore } from '../../src/outbound/store.js';
import { eventually } from '../support/eventually.js';
import { emit, makeHook, onlyDelivery } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const page = '/app/settings/outbound';

describe('outbound rules', () => {
  let running: Running;
  let admin: Person;
  let receiver: Receiver;
  let port: string;

  before(async () => {
    receiver = await startReceiver();
    port = new URL(receiver.url).port;
  });
  after(() => receiver.close());
  beforeEach(async () => {
    running = await startHookbell({ env: { OUTBOUND_ALLOW: '10.9.9.9' } });
    admin = await person(running);
  });
  afterEach(() => running.stop());

  const add = async (fields: Record<string, string>) =>
    admin.post(page, { ...fields, _csrf: await admin.token() });
  const audited = async () => {
    const entries = await running.hookbell.accounts.auditPage(5, null);
    return entries
      .filter(({ action }) => action.startsWith('outbound-rule'))
      .map(({ action, subject, actor }) => [action, subject, actor.split(' (')[0]!]);
  };
  const isAllowed = async (url: string) => (await running.hookbell.deps.guard.resolve(url)) === null;

  it('are added and removed by an admin, count at once, and are in the audit log', async () => {
    expect(await isAllowed('http://10.1.2.3:8080/')).to.equal(false);

    expect(leadsTo(await add({ rule: ' 10.1.2.3:8080 ', note: 'The CRM' }))).to.equal(page);

    expect(await isAllowed('http://10.1.2.3:8080/')).to.equal(true);
    expect(await isAllowed('http://10.1.2.3:81/')).to.equal(false);
    const { $ } = await admin.get(page);
    const shown = $('.outbound-rule code')
      .map((_at, code) => $(code).text())
      .get();
    expect(shown).to.deep.equal(['10.1.2.3:8080', '10.9.9.9']);
    expect($('.outbound-rule').first().text()).to.include('The CRM').and.include('Person');
    expect($('.outbound-rule').last().text()).to.include('environment variable OUTBOUND_ALLOW');
    const removal = $('.outbound-rule a').attr('href')!;
    expect((await admin.get(removal)).$('h1').text()).to.include('10.1.2.3:8080');
    expect(leadsTo(await admin.submit(removal))).to.equal(page);
    expect(await isAllowed('http://10.1.2.3:8080/')).to.equal(false);
    const person = (await running.hookbell.accounts.list()).find(({ id }) => id === admin.id)!.name;
    expect(await audited()).to.deep.equal([
      ['outbound-rule.removed', '10.1.2.3:8080', person],
      ['outbound-rule.added', '10.1.2.3:8080', person],
    ]);
  });

  it('are refused with the reason at the field, and what was typed stays', async () => {
    const wrong: [string, RegExp][] = [
      ['10/8', /Not an address, range or host/],
      ['10.0.0.1, 10.0.0.2', /Not an address/],
      ['http://crm.internal/', /Not an address/],
      ['10.9.9.9', /OUTBOUND_ALLOW has this rule already/],
    ];
    for (const [rule, reason] of wrong) {
      const { $, status } = await add({ rule });
      expect([status, $('#field-rule').val()], rule).to.deep.equal([422, rule]);
      expect($('#field-rule-error').text(), rule).to.match(reason);
    }
    await add({ rule: 'crm.internal' });
    expect((await add({ rule: 'CRM.internal.' })).$('#field-rule-error').text()).to.include('already');
    expect(await audited()).to.have.lengthOf(1);
  });

  it('that open a cloud metadata address must be typed once more', async () => {
    for (const rule of ['169.254.169.254', '[fd00:ec2::254]:80', '0.0.0.0/0', 'metadata.google.internal']) {
      const refused = await add({ rule, sure: 'on' });
      expect(refused.status, rule).to.equal(422);
      expect(refused.$('#new-rule .alert[role=note]').text(), rule).to.include('hand the credentials');
      expect(refused.$('#field-confirmation').length, rule).to.equal(1);
      const typed = await add({ rule, confirmation: '169.254.169.25' });
      expect(typed.$('#field-confirmation-error').text(), rule).to.equal(`Type ${rule} to add it`);
    }
    expect(await isAllowed('http://169.254.169.254/')).to.equal(false);

    await add({ rule: '169.254.169.254', confirmation: '169.254.169.254' });

    expect(await isAllowed('http://169.254.169.254/')).to.equal(true);
  });

  it('for a whole network must be confirmed, and say so', async () => {
    const refused = await add({ rule: '10.0.0.0/8' });
    expect(refused.status).to.equal(422);
    expect(refused.$('#meaning').text()).to.equal(
      'Every address from 10.0.0.0 to 10.255.255.255, on every port.',
    );
    expect(refused.$('#new-rule').text()).to.include('This is a whole network (10.0.0.0/8)');
    expect(refused.$('[name=sure]').length).to.equal(1);

    expect(leadsTo(await add({ rule: '10.0.0.0/8', sure: 'on' }))).to.equal(page);

    expect(await isAllowed('http://10.200.0.1/')).to.equal(true);
  });

  it('of other processes are taken over when they are read again', async () => {
    const entry = { id: 'r', rule: '10.3.3.3', note: '', createdBy: 'Somebody', createdAt: 1 };
    await outboundRuleStore(running.hookbell.deps.db).insert(entry);
    expect(await isAllowed('http://10.3.3.3/')).to.equal(false);

    await running.hookbell.outbound.reload();

    expect(await isAllowed('http://10.3.3.3/')).to.equal(true);
  });

  it('are for admins only', async () => {
    const agent = await person(running, 'agent');
    expect((await agent.get(page)).status).to.equal(403);
    const _csrf = await agent.token();
    expect((await agent.post(page, { rule: '10.1.1.1', _csrf })).status).to.equal(403);
    expect((await admin.post(page, { rule: '10.1.1.1' })).status).to.equal(403);
    expect(await audited()).to.deep.equal([]);
  });

  it('judge an address before anything is sent there', async () => {
    const test = async (url: string) =>
      (await admin.get(`${page}?url=${encodeURIComponent(url)}`)).$('#tested').text();
    expect(await test('http://10.1.2.3/')).to.match(/refused\s+10\.1\.2\.3 is a private address/);
    expect(await test('http://10.9.9.9/x')).to.match(/allowed\s+the rule 10\.9\.9\.9 names 10\.9\.9\.9/);
    expect(await test('http://8.8.8.8/')).to.match(/allowed\s+8\.8\.8\.8 is public/);
    expect(await test(`${receiver.url}/`)).to.match(
      /refused\s+127.*loopback[\s\S]*Make a rule for 127\.0\.0\.1/,
    );
    expect(await test('ftp://x/')).to.match(/refused\s+ftp: addresses are not allowed/);
    expect(await test('nonsense')).to.match(/refused\s+“nonsense” is not a URL/);
  });

  describe('where something was refused', () => {
    /** A webhook that could be reached when it was made, and cannot any more. */
    async function refusedDelivery() {
      const { outbound } = running.hookbell;
      const me = (await running.hookbell.accounts.list()).find(({ id }) => id === admin.id)!;
      const rule = await outbound.add({ rule: '127.0.0.1', note: '' }, me);
      const hook = await makeHook(running, `${receiver.url}/hook`);
      await outbound.remove(rule.id, me);
      await emit(running, hook.botId);
      const { delivery } = await eventually('the delivery was refused', async () => {
        const found = await onlyDelivery(running, hook.id);
        return found.attempts.length > 0 && found;
      });
      return { hook, delivery };
    }

    it('an admin allows exactly that host from the delivery, and sends it again', async () => {
      const { delivery } = await refusedDelivery();
      const before = receiver.received.length;
      const path = `/app/deliveries/${delivery.id}`;
      const { $ } = await admin.get(path);
      expect($('.refused').text()).to.include('127.0.0.1 is a loopback address');
      expect($('.refused button').text()).to.equal(`Allow 127.0.0.1:${port}`);

      expect(leadsTo(await admin.submit(path, {}, page))).to.equal(path);

      const after = await admin.get(path);
      expect(after.$('.refused').text()).to.include('allowed now');
      expect((await audited())[0]!.slice(0, 2)).to.deep.equal(['outbound-rule.added', `127.0.0.1:${port}`]);
      const again = after.$('.refused form').attr('action')!;
      await admin.post(again, { _csrf: await admin.token() });
      await receiver.wait(before + 1);
      await eventually('nothing is refused any more', async () => {
        const { $ } = await admin.get(path);
        return $('.refused').length === 0;
      });
    });

    it('an agent is told whom to ask, and gets no button', async () => {
      const { delivery, hook } = await refusedDelivery();
      const agent = await person(running, 'agent');
      await running.hookbell.deps.db('bot_agents').insert({ bot_id: hook.botId, user_id: agent.id });
      const { $ } = await agent.get(`/app/deliveries/${delivery.id}`);
      const name = (await running.hookbell.accounts.list()).find(({ id }) => id === admin.id)!.name;
      expect($('.refused').text()).to.include(`ask an admin (${name})`);
      expect($('.refused').find('form, button, a').length).to.equal(0);
    });

    it('the form of a webhook allows the host and creates the webhook in one step', async () => {
      const bot = (await makeHook(running, 'http://10.9.9.9/')).botId;
      const form = `/app/bots/${bot}/webhooks/new?type=sync.failure`;
      const refused = await admin.submit(form, { targetUrl: `${receiver.url}/x` });
      expect(refused.status).to.equal(422);
      const button = refused.$('button[name=allow]');
      expect(button.text()).to.equal(`Allow 127.0.0.1:${port} and create`);

      const fields = { type: 'sync.failure', targetUrl: `${receiver.url}/x`, _csrf: await admin.token() };
      const made = await admin.post(`/app/bots/${bot}/webhooks`, { ...fields, allow: button.attr('value')! });

      expect(leadsTo(made)).to.match(/^\/app\/webhooks\//);
      expect((await audited())[0]![1]).to.equal(`127.0.0.1:${port}`);
    });

    it('the form of a data source does so too, but not when Enter is pressed in a field', async () => {
      const bot = (await makeHook(running, 'http://10.9.9.9/')).botId;
      const form = `/app/bots/${bot}/data-sources/new?type=csv`;
      const { $ } = await admin.submit(form, { name: 'Prices', url: `${receiver.url}/prices.csv` });
      const buttons = $('main form button[type=submit]')
        .map((_at, button) => $(button).text().trim())
        .get();
      expect(buttons).to.deep.equal(['', `Allow 127.0.0.1:${port} and create`, 'Create', 'Preview']);
    });

    it('a data source says why, and is synced again once it is allowed', async () => {
      const bot = (await makeHook(running, 'http://10.9.9.9/')).botId;
      const me = (await running.hookbell.accounts.list()).find(({ id }) => id === admin.id)!;
      const { outbound, sources } = running.hookbell;
      receiver.answer((_req, res) => res.setHeader('Content-Type', 'text/csv').end('id,name\n1,walrus'));
      const rule = await outbound.add({ rule: '127.0.0.1', note: '' }, me);
      const input = { name: 'Prices', type: 'csv', config: { url: `${receiver.url}/prices.csv` } };
      const all = { ...input, schedule: null, enabled: true } as Parameters<typeof sources.create>[1];
      const source = await sources.create(bot, all, me, running.hookbell.deps.clock());
      const ended = (status: string) =>
        eventually(`the sync ${status}`, async () => (await sources.seenBy(me, source.id)).status === status);
      await ended('synced');
      await outbound.remove(rule.id, me);
      await sources.sync(source.id, 'manual', { force: false }, me, running.hookbell.deps.clock());
      await ended('failed');
      const path = `/app/data-sources/${source.id}`;
      expect((await admin.get(path)).$('.refused').text()).to.include('127.0.0.1 is a loopback address');

      await admin.submit(path, {}, page);
      const { $ } = await admin.get(path);
      expect($('.refused button').text()).to.equal('Sync again');
      await admin.post($('.refused form').attr('action')!, { _csrf: await admin.token() });

      await ended('synced');
      expect((await admin.get(path)).$('.refused').length).to.equal(0);
    });
  });

  it('that are removed end the connections that they allowed', async () => {
    const me = (await running.hookbell.accounts.list()).find(({ id }) => id === admin.id)!;
    const { outbound } = running.hookbell;
    const rule = await outbound.add({ rule: '127.0.0.1', note: '' }, me);
    const hook = await makeHook(running, receiver.url);
    const before = receiver.received.length;
    receiver.answer(200);
    await emit(running, hook.botId);
    await receiver.wait(before + 1);
    await eventually('it was delivered', async () => {
      const { delivery } = await onlyDelivery(running, hook.id);
      return delivery.status === 'delivered';
    });

    await outbound.remove(rule.id, me);
    await emit(running, hook.botId);

    const second = await eventually('the second one was tried', async () => {
      const [latest] = await running.hookbell.deliveries.listOf(hook.id, null, { limit: 1, after: null });
      return latest!.attempts === 1 && latest!.status === 'pending' && latest;
    });
    const { attempts } = await running.hookbell.deliveries.withAttempts(me, second.id);
    expect(attempts[0]!.error).to.match(/^Not sent: 127\.0\.0\.1 is a loopback/);
    expect(receiver.received.length).to.equal(before + 1);
  });
});

describe('a rule in words', () => {
  const words: [string, string][] = [
    ['10.1.2.3:8080', 'The address 10.1.2.3 on port 8080'],
    ['192.168.1.0/24', 'Every address from 192.168.1.0 to 192.168.1.255, on every port'],
    ['172.16.5.9/12', 'Every address from 172.16.0.0 to 172.31.255.255, on every port'],
    ['fd00:1::/33', 'Every address from fd00:1:: to fd00:1:7fff:ffff:ffff:ffff:ffff:ffff, on every port'],
    ['crm.internal:81', 'The host crm.internal on port 81, at whatever address it has'],
  ];
  for (const [rule, expected] of words) {
    it(`says of ${rule}: ${expected}`, () => {
      expect(meaningOf(parseRule(rule)!).words).to.equal(expected);
    });
  }

  const dangerous = ['169.254.0.0/16', '::/0', 'fd00::/8', '168.63.129.16', '100.64.0.0/10'];
  for (const rule of dangerous) {
    it(`names the danger of ${rule}`, () => {
      expect(meaningOf(parseRule(rule)!).danger).to.include('cloud metadata');
    });
  }

  it('names the danger of a host that resolves to a metadata address', () => {
    expect(meaningOf(parseRule('innocent.example')!, ['169.254.169.254']).danger).to.match(
      /^innocent\.example/,
    );
    expect(meaningOf(parseRule('innocent.example')!, ['10.0.0.1']).danger).to.equal(null);
  });
});

describe('a refusal that was kept', () => {
  const guard = createGuard(
    () => parseRules(''),
    (_host, _options, done) => done(null, [{ address: '10.0.0.5', family: 4 }]),
  );

  it('is found again with its host, port and address', async () => {
    for (const [url, host, port, address] of [
      ['http://10.0.0.5/', '10.0.0.5', 80, '10.0.0.5'],
      ['https://Crm.internal/', 'crm.internal', 443, '10.0.0.5'],
      ['http://[::1]:81/', '::1', 81, '::1'],
    ] as const) {
      const text = inOneSentence((await guard.resolve(url))!);
      for (const kept of [text, `Not sent: ${text}`, text.charAt(0).toUpperCase() + text.slice(1)]) {
        expect(refusalIn(kept), kept).to.include({ host, port, address });
      }
    }
  });

  it('is not found in what a receiver says', () => {
    const setting = 'OUTBOUND_ALLOW=10.0.0.5:80 would allow it';
    const texts = [
      `The receiver answered 302, a redirect to 10.0.0.5 is a private address; ${setting}; it was not followed`,
      `the sitemap at https://x.example is broken: 10.0.0.5 is a private address; ${setting}`,
      `8.8.8.8 is a private address; ${setting}`,
      '10.0.0.5 is a private address',
      '',
      null,
    ];
    for (const text of texts) expect(refusalIn(text), String(text)).to.equal(null);
  });
});
