import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { keyHolder } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('who hears of a sync', () => {
  let running: Running;
  let receiver: Receiver;
  let api: Caller;
  let botId: string;

  before(async () => {
    receiver = await startReceiver();
    running = await startHookbell();
    api = caller(running.url, (await keyHolder(running)).key);
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(async () => {
    await running.stop();
    await receiver.close();
  });

  const hook = async (name: string, body: object) => {
    const targetUrl = `${receiver.url}/${name}`;
    expect((await api.post(`/bots/${botId}/webhooks`, { targetUrl, ...body })).status).to.equal(201);
  };
  const source = async (name: string, body: object) =>
    (await api.post(`/bots/${botId}/data-sources`, { name, ...body })).body.id as string;
  const ended = (id: string) =>
    eventually('the sync has ended', async () => {
      const { lastSync } = (await api.get(`/data-sources/${id}`)).body;
      return ['succeeded', 'failed'].includes(lastSync?.status) && lastSync;
    });
  const text = { type: 'text', config: { entries: [{ title: 'a', text: 'some words' }] }, enabled: false };

  it('is every webhook of the bot and type, but of those with a data source only that source’s', async () => {
    const [one, other] = [await source('One', text), await source('Other', text)];
    await hook('all', { type: 'sync.success' });
    await hook('one', { type: 'sync.success', dataSourceId: one });
    await hook('failures', { type: 'sync.failure' });
    for (const id of [one, other]) {
      await api.patch(`/data-sources/${id}`, { enabled: true });
      await api.post(`/data-sources/${id}/sync`);
      await ended(id);
    }
    await receiver.wait(3);
    const heard = receiver.received.map(({ path, body }) => `${path} ${JSON.parse(body).dataSource}`);
    expect(heard.sort()).to.deep.equal(['/all One', '/all Other', '/one One']);
  });

  it('hears of a failure why, in a sentence, with exactly the documented keys', async () => {
    const before = receiver.received.length;
    const id = await source('Nowhere', { type: 'json', config: { url: `${receiver.url}/nothing-here` } });
    const { status, reason } = await ended(id);
    expect(status).to.equal('failed');
    const got = (await receiver.wait(before + 2)).find(({ path }) => path === '/failures')!;
    expect(got.body).to.equal(
      JSON.stringify({ success: false, reason, bot: 'Help desk', dataSource: 'Nowhere' }),
    );
    expect(got.headers['x-hookbell-event']).to.equal('sync.failure');
  });
});
