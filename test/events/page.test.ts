import { expect } from 'chai';
import { deliveryStore } from '../../src/outbox/store.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { admin as ada, emit } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the events of a bot', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let api: Caller;
  let bot: string;

  before(async () => {
    running = await startHookbell();
    receiver = await startReceiver();
    admin = await person(running);
    api = caller(running.url, admin.key);
  });
  after(async () => {
    await running.stop();
    await receiver.close();
  });
  beforeEach(async () => {
    receiver.answer(200);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });

  const hooked = async (more: object = {}): Promise<string> => {
    const input = { type: 'sync.success', targetUrl: receiver.url, ...more };
    return (await api.post(`/bots/${bot}/webhooks`, input)).body.id;
  };

  const page = (query = '') => admin.get(`/app/bots/${bot}/events${query}`);

  /** What the page says of the latest event. */
  const said = async () => {
    const { $ } = await page();
    return $('.event').first().text().replaceAll(/\s+/g, ' ');
  };

  it('says of one that went nowhere that there was no webhook, also when there is one by now', async () => {
    await hooked({ type: 'sync.failure' });
    await emit(running, bot);
    await hooked();
    expect(await said()).to.match(
      /sent nowhere When it happened there was no webhook for sync\.success\. Set one up/,
    );
  });

  it('says that its webhooks heard only other data sources', async () => {
    const source = await api.post(`/bots/${bot}/data-sources`, { name: 'Other', type: 'files', config: {} });
    const id = await hooked({ dataSourceId: source.body.id });
    await hooked({ dataSourceId: source.body.id, enabled: false });
    await emit(running, bot);
    await api.patch(`/webhooks/${id}`, { dataSourceId: null });
    expect(await said()).to.match(
      /sent nowhere When it happened the webhooks for sync\.success heard only other data/,
    );
  });

  it('says that its webhook was disabled', async () => {
    const id = await hooked();
    await api.patch(`/webhooks/${id}`, { enabled: false });
    await emit(running, bot);
    await api.patch(`/webhooks/${id}`, { enabled: true });
    expect(await said()).to.match(
      /sent nowhere When it happened the webhook that hears sync\.success was disabled\./,
    );
  });

  it('says that it waits for a webhook that is paused, or was disabled meanwhile', async () => {
    const id = await hooked();
    await api.post(`/webhooks/${id}/pause`);
    await emit(running, bot);
    expect(await said()).to.match(
      /pending .*It waits: the webhook is paused, and sends it when it is resumed\./,
    );
    await api.patch(`/webhooks/${id}`, { enabled: false });
    expect(await said()).to.match(/It waits: the webhook was disabled meanwhile/);
    await api.delete(`/webhooks/${id}`);
    expect(await said()).to.match(/The webhook was deleted: nothing more is sent\./);
  });

  it('says that its deliveries are not kept any more', async () => {
    await hooked();
    await emit(running, bot);
    await eventually('it is delivered', async () => (await said()).includes('delivered'));
    await running.hookbell.deps
      .db('deliveries')
      .where({ webhook_id: (await hookOf()).id })
      .delete();
    expect(await said()).to.include('Its deliveries are not kept any more');
  });

  const hookOf = async () => (await api.get(`/bots/${bot}/webhooks`)).body.data[0] as { id: string };

  it('leads to what became of it at each webhook', async () => {
    const ids = [await hooked(), await hooked({ targetUrl: 'http://127.0.0.1:9/' })];
    await emit(running, bot);
    await eventually('one is delivered, one failed for now', async () => {
      const text = await said();
      return text.includes('delivered') && text.includes('Next attempt in');
    });
    const { $ } = await page();
    for (const id of ids) {
      const [delivery] = await deliveryStore(running.hookbell.deps.db).listOf(id, null, {
        limit: 1,
        after: null,
      });
      expect($(`a[href="/app/deliveries/${delivery!.id}"]`).length, id).to.equal(1);
    }
  });

  it('are newest first, in pages, all or of one type, with their payload', async () => {
    for (const tokens of [1, 2, 3]) await emit(running, bot, tokens);
    await hooked();
    await api.post(`/webhooks/${(await hookOf()).id}/test`);
    const tokensOf = ($: Awaited<ReturnType<typeof page>>['$']) =>
      [...$('.event pre')].map((payload) => JSON.parse($(payload).text()).results.totalTokens);
    const first = await page('?limit=3');
    expect(tokensOf(first.$)).to.deep.equal([18342, 3, 2]);
    expect(first.$('.event').first().find('.badge').first().text()).to.equal('test');
    const older = first.$('a:contains("Older events")').attr('href')!;
    expect(tokensOf((await admin.get(`${older}&limit=3`)).$)).to.deep.equal([1]);
    expect((await page('?type=sync.success')).$('.event').length).to.equal(4);
    const none = await page('?type=sync.failure');
    expect(none.$('.event').length).to.equal(0);
    expect(none.$('main').text()).to.include('No sync.failure has happened.');
    expect((await page('?type=nonsense')).status).to.equal(422);
    expect(
      (await admin.get(`/app/bots/${bot}/webhooks`)).$(`a[href="/app/bots/${bot}/events"]`).length,
    ).to.equal(1);
  });

  it('are for those who may see the bot', async () => {
    await emit(running, bot);
    const agent = await person(running, 'agent');
    expect((await agent.get(`/app/bots/${bot}/events`)).status).to.equal(403);
    await running.hookbell.bots.setAgents(bot, [agent.id], ada, running.hookbell.deps.clock());
    const { $, status } = await agent.get(`/app/bots/${bot}/events`);
    expect([status, $('.event').length]).to.deep.equal([200, 1]);
    expect($('main').text()).not.to.include('Set one up');
  });
});
