import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

describe('the first steps', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  before(async () => {
    // No rule lets deliveries out: the sample needs none.
    running = await startHookbell({ env: { OUTBOUND_ALLOW: '' } });
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
  });
  after(() => running.stop());

  const steps = async () => {
    const { $ } = await admin.get('/app');
    return $('.first-step')
      .map((_at, step) => `${$(step).find('.visually-hidden').text()} ${$(step).find('h3').text()}`)
      .get();
  };
  const next = async () => (await admin.get('/app')).$('.first-step .btn-primary');
  const received = async () => {
    const { $ } = await admin.get('/app/sample');
    return $('#requests article')
      .map((_at, request) => $(request).text().replace(/\s+/g, ' '))
      .get();
  };

  it('make one sample, whose trigger brings an event to its test receiver', async () => {
    expect((await admin.get('/app')).$('form[action="/app/sample"] button').text()).to.include('sample bot');
    const _csrf = await admin.token();
    // A double click.
    const answers = await Promise.all([1, 2].map(() => admin.post('/app/sample', { _csrf })));
    expect(answers.map(leadsTo)).to.deep.equal(['/app/sample', '/app/sample']);
    expect((await api.get('/bots')).body.data).to.have.length(1);
    expect(await running.hookbell.receivers.list(admin as never)).to.have.length(1);
    await eventually('the event of the first sync is there', async () => (await received()).length === 1);

    const { $ } = await admin.get('/app/sample');
    const url = /'(.*)'/.exec($('#sample-curl').text())![1]!;
    expect(await (await fetch(url, { method: 'POST' })).json()).to.deep.equal({ success: true });

    const [latest] = await eventually('its event, too', async () => {
      const requests = await received();
      return requests.length === 2 && requests;
    });
    expect(latest)
      .to.include('X-Secret-Key matches')
      .and.include('signature verified')
      .and.include('"unmodifiedRows": 8')
      .and.include('Sample: Juniper Cycles');
  });

  it('do not count what the sample has done', async () => {
    expect(await steps()).to.deep.equal([
      'To do: Make a bot',
      'To do: Give it something to know',
      'To do: Set up a webhook',
      'To do: See an event arrive',
    ]);
    expect((await next()).attr('href')).to.equal('/app/bots/new');
  });

  it('remove the sample with all that belongs to it', async () => {
    const { $ } = await admin.get('/app/sample');
    const removal = $('a[href$="/delete"]').attr('href')!;
    const question = (await admin.get(removal)).$('main li').text();
    expect(question)
      .to.include('1 data source with 8 rows')
      .and.include('2 webhooks')
      .and.include('The test receiver of the sample');
    await admin.submit(removal);
    expect(leadsTo(await admin.get('/app/sample'))).to.equal('/app');
    expect((await admin.get('/app')).$('form[action="/app/sample"]').length).to.equal(1);
    expect((await admin.get('/app/receivers')).$('tbody tr').length).to.equal(0);
  });

  it('are for admins', async () => {
    expect((await agent.get('/app')).$('.first-steps').length).to.equal(0);
    for (const path of ['/app/sample', '/app/first-steps/dismiss'])
      expect((await agent.post(path, { _csrf: await agent.token() })).status, path).to.equal(403);
    expect((await agent.get('/app/sample')).status).to.equal(403);
  });

  it('tick themselves, lead to the next one, and are gone for good when all are done', async () => {
    const done = async () => (await steps()).filter((step) => step.startsWith('Done:')).length;
    const bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    expect(await done()).to.equal(1);
    expect((await next()).attr('href')).to.equal(`/app/bots/${bot}/data-sources/new`);

    const config = { entries: [{ title: 'a', text: 'b' }] };
    await api.post(`/bots/${bot}/data-sources`, { name: 'Texts', type: 'text', config });
    await eventually('the source is synced', async () => (await done()) === 2);
    expect((await next()).attr('href')).to.equal(`/app/bots/${bot}/webhooks`);

    const receivers = running.hookbell.receivers;
    const receiver = await receivers.create(admin as never, running.hookbell.deps.clock());
    const hook = { type: 'sync.success', targetUrl: receivers.urlOf(receiver) };
    const { id } = (await api.post(`/bots/${bot}/webhooks`, hook)).body;
    expect(await done()).to.equal(3);
    expect((await next()).attr('href')).to.equal(`/app/webhooks/${id}`);

    await api.post(`/webhooks/${id}/test`);
    await eventually('all is done', async () => (await steps()).length === 0);
    await running.hookbell.firstSteps.settle();
    await api.delete(`/bots/${bot}`);
    expect(await steps()).to.deep.equal([]);
    expect((await admin.get('/app')).$('h2').text()).to.equal('There is no bot');
  });
});

describe('the first steps of somebody who needs none', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(() => running.stop());

  it('are dismissed', async () => {
    const admin = await person(running);
    await admin.submit('/app', {}, '/app/first-steps/dismiss');
    expect((await admin.get('/app')).$('.first-steps').length).to.equal(0);
  });

  it('say so when a part of the sample was deleted', async () => {
    const admin = await person(running);
    await admin.post('/app/sample', { _csrf: await admin.token() });
    const { botId, receiverId } = (await running.hookbell.sample.find())!;
    await admin.submit(`/app/receivers/${receiverId}/delete`);
    expect((await admin.get('/app/sample')).$('h2').text()).to.equal('A part of the sample is gone');
    await admin.submit(`/app/bots/${botId}/delete`);
    expect(await running.hookbell.sample.find()).to.equal(null);
  });

  it('say so where the sample cannot be made, and leave nothing behind', async () => {
    const admin = await person(running);
    const { receivers, deps } = running.hookbell;
    for (let made = 0; made < 20; made++) await receivers.create(admin as never, deps.clock());
    const answer = await admin.post('/app/sample', { _csrf: await admin.token() });
    expect([answer.status, answer.$('[role=alert]').text()]).to.deep.equal([
      409,
      'You have 20 test receivers already: delete one that you no longer need',
    ]);
    expect((await caller(running.url, admin.key).get('/bots')).body.data).to.deep.equal([]);
  });
});
