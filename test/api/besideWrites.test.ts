import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { keyHolder } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { whileSomebodyWrites } from '../support/writing.js';

const config = { entries: [{ title: 'Returns', text: 'Within 30 days.' }] };

describe('reading by the API', () => {
  let running: Running;
  let api: Caller;
  before(async () => {
    running = await startHookbell({ background: false });
    api = caller(running.url, (await keyHolder(running)).key);
  });
  after(() => running.stop());

  it('waits for nobody who writes', async () => {
    const made = async (path: string, body: object) => (await api.post(path, body)).body;
    const bot = await made('/bots', { name: 'Help desk' });
    const source = await made(`/bots/${bot.id}/data-sources`, { name: 'Hours', type: 'text', config });
    const hook = await made(`/bots/${bot.id}/webhooks`, {
      type: 'conversation.started',
      targetUrl: 'https://example.com/',
    });
    const talk = await made(`/bots/${bot.id}/conversations`, { channelType: 'web', initialMessage: 'Hello' });
    const [sync] = (await api.get(`/data-sources/${source.id}/syncs`)).body.data;
    const [delivery] = (await api.get(`/webhooks/${hook.id}/deliveries`)).body.data;
    const paths = [
      '/bots',
      `/bots/${bot.id}`,
      `/bots/${bot.id}/data-sources`,
      `/data-sources/${source.id}`,
      `/data-sources/${source.id}/syncs`,
      `/syncs/${sync.id}`,
      `/syncs/${sync.id}/rows`,
      `/bots/${bot.id}/webhooks`,
      `/webhooks/${hook.id}`,
      `/webhooks/${hook.id}/deliveries`,
      `/deliveries/${delivery.id}`,
      `/bots/${bot.id}/conversations`,
      `/conversations/${talk.id}`,
    ];

    const statuses = await whileSomebodyWrites(running.hookbell.deps.db, () =>
      Promise.all(paths.map(async (path) => `${path}: ${(await api.get(path)).status}`)),
    );

    expect(statuses).to.deep.equal(paths.map((path) => `${path}: 200`));
  });
});
