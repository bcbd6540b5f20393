import { once } from 'node:events';
import { expect } from 'chai';
import { conversationStarted, syncFailed } from '../../src/webhooks/events.js';
import { type Caller, caller } from '../support/caller.js';
import { admin as ada, emit } from '../support/outbox.js';
import { keyHolder } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

type Polled = {
  id: string;
  type: string;
  botId: string;
  createdAt: string;
  payload: { results?: { totalTokens: number } };
};

describe('a receiver that polls', () => {
  let running: Running;
  let api: Caller;
  let bot: string;
  let at: number;

  beforeEach(async () => {
    running = await startHookbell();
    api = caller(running.url, (await keyHolder(running)).key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    at = running.hookbell.deps.clock();
  });
  afterEach(() => running.stop());

  const fails = async (botId: string) => {
    const event = syncFailed({ id: 's', name: 'Manual', bot: { id: botId, name: 'Help desk' } }, 'Why');
    await running.hookbell.deps.db.transaction((tx) => running.hookbell.outbox.append(tx, event, at));
  };

  const tokens = (data: Polled[]) => data.map(({ payload }) => payload.results?.totalTokens);

  it('gets what no webhook heard, oldest first, with a cursor for what comes next', async () => {
    for (const count of [1, 2, 3]) await emit(running, bot, count);

    const first = await api.get(`/events?botId=${bot}&limit=2`);
    const second = await api.get(`/events?botId=${bot}&limit=2&after=${first.body.nextCursor}`);
    const third = await api.get(`/events?botId=${bot}&after=${second.body.nextCursor}`);
    await emit(running, bot, 4);
    const fourth = await api.get(`/events?botId=${bot}&after=${third.body.nextCursor}`);

    expect([first, second, third, fourth].map(({ body }) => tokens(body.data))).to.deep.equal([
      [1, 2],
      [3],
      [],
      [4],
    ]);
    const [event] = first.body.data;
    expect(Object.keys(event)).to.deep.equal(['id', 'type', 'botId', 'createdAt', 'payload']);
    expect(event).to.include({ type: 'sync.success', botId: bot });
    expect(event.payload).to.include({ success: true, dataSource: 'Manual' });
    expect(new Date(event.createdAt).toISOString()).to.equal(event.createdAt);
    expect((await api.get(`/events?botId=${bot}&limit=1`)).body.data[0].id).to.equal(event.id);
  });

  it('gets what happened to every bot of the key in one order, and nothing of other bots or of tests', async () => {
    const other = (await api.post('/bots', { name: 'Sales' })).body.id;
    const gone = (await api.post('/bots', { name: 'Gone' })).body.id;
    for (const [botId, count] of [
      [bot, 1],
      [other, 2],
      [gone, 3],
      [bot, 4],
    ] as const)
      await emit(running, botId, count);
    await api.delete(`/bots/${gone}`);
    const hook = await api.post(`/bots/${bot}/webhooks`, {
      type: 'sync.success',
      targetUrl: 'http://127.0.0.1:9/',
    });
    await api.post(`/webhooks/${hook.body.id}/test`);
    const holder = await keyHolder(running, 'agent');
    await running.hookbell.bots.setAgents(other, [holder.id], ada, at);
    const agent = caller(running.url, holder.key);

    expect(tokens((await api.get('/events')).body.data)).to.deep.equal([1, 2, 4]);
    expect(tokens((await api.get(`/events?botId=${bot}`)).body.data)).to.deep.equal([1, 4]);
    expect(tokens((await agent.get('/events')).body.data)).to.deep.equal([2]);
    expect(tokens((await agent.get(`/events?botId=${other}`)).body.data)).to.deep.equal([2]);
    expect((await agent.get(`/events?botId=${bot}`)).status).to.equal(403);
    expect((await api.get('/events?botId=nonsense')).status).to.equal(404);
    expect((await caller(running.url, 'hb_wrong').get('/events')).status).to.equal(401);
  });

  it('gets only the types it asks for, in the order in which they happened', async () => {
    const conversation = { id: 'c', botId: bot, botName: 'Help desk', channelType: 'web', createdAt: at };
    await emit(running, bot, 1);
    await fails(bot);
    await running.hookbell.deps.db.transaction((tx) =>
      running.hookbell.outbox.append(tx, conversationStarted(conversation, null, at), at),
    );
    await emit(running, bot, 2);
    for (const whose of [`&botId=${bot}`, '']) {
      const two = await api.get(`/events?type=sync.success,sync.failure&limit=2${whose}`);
      const more = await api.get(
        `/events?type=sync.success,sync.failure&after=${two.body.nextCursor}${whose}`,
      );
      const types = [two, more].map(({ body }) => body.data.map((event: Polled) => event.type));
      expect(types, whose).to.deep.equal([['sync.success', 'sync.failure'], ['sync.success']]);
      const started = await api.get(`/events?type=conversation.started${whose}`);
      expect(started.body.data, whose).to.have.length(1);
    }
  });

  it('is told what is wrong with a question', async () => {
    for (const [query, path] of [
      ['after=nonsense', 'after'],
      [`after=${Buffer.from('event:1e9').toString('base64url')}`, 'after'],
      ['type=sync.trigger', 'type'],
      ['type=nonsense', 'type'],
      ['limit=201', 'limit'],
      ['wait=31', 'wait'],
    ]) {
      const { status, body } = await api.get(`/events?${query}`);
      expect(status, query).to.equal(422);
      expect(body.errors[0].path, query).to.equal(path);
    }
  });

  it('misses none and gets none twice, while several write', async () => {
    const writers = 4;
    const each = 60;
    const other = (await api.post('/bots', { name: 'Sales' })).body.id;
    const writing = Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0; n < each; n++) {
        await emit(running, n % 3 === 0 ? other : bot, writer * each + n);
        if (n % 7 === 0) await new Promise(setImmediate);
      }
    });
    const seen: number[] = [];
    const seenOfBot: number[] = [];
    let [cursor, cursorOfBot] = ['', ''];
    let done = false;
    const all = Promise.all(writing).then(() => {
      done = true;
    });
    for (let last = false; ; ) {
      const answer = await api.get(`/events?limit=200${cursor && `&after=${cursor}`}`);
      const ofBot = await api.get(`/events?botId=${bot}&limit=5${cursorOfBot && `&after=${cursorOfBot}`}`);
      seen.push(...(tokens(answer.body.data) as number[]));
      seenOfBot.push(...(tokens(ofBot.body.data) as number[]));
      cursor = answer.body.nextCursor;
      cursorOfBot = ofBot.body.nextCursor;
      if (last && answer.body.data.length + ofBot.body.data.length === 0) break;
      last = done;
    }
    await all;
    expect(seen).to.have.length(writers * each);
    expect(new Set(seen)).to.have.property('size', writers * each);
    expect(seenOfBot).to.have.length(writers * 40);
    for (let writer = 0; writer < writers; writer++) {
      const own = seen.filter((count) => Math.floor(count / each) === writer);
      expect(own).to.deep.equal([...own].sort((one, two) => one - two));
    }
  });

  for (const whose of ['of a bot', 'of all bots']) {
    it(`waits for the next event ${whose} if it likes, not for those of other types`, async () => {
      const ofBot = whose === 'of a bot' ? `&botId=${bot}` : '';
      await emit(running, bot, 5);
      const { nextCursor } = (await api.get(`/events?limit=200${ofBot}`)).body;
      const arrived = once(running.server, 'request');
      const waiting = api.get(`/events?wait=30&type=sync.failure&after=${nextCursor}${ofBot}`);
      await arrived;
      // What is asked later is answered when the first has looked and waits.
      await api.get('/events');
      await emit(running, bot, 6);
      await fails(bot);
      const { body } = await waiting;
      expect(body.data.map(({ type }: Polled) => type)).to.deep.equal(['sync.failure']);
      expect(tokens((await api.get(`/events?after=${nextCursor}${ofBot}`)).body.data)).to.deep.equal([
        6,
        undefined,
      ]);
    });
  }

  it('is answered with nothing when nothing has happened for as long as it waits', async () => {
    const { body } = await api.get('/events?wait=1');
    expect(body.data).to.deep.equal([]);
    expect((await api.get(`/events?after=${body.nextCursor}`)).body).to.deep.equal(body);
  });

  it('does not hold a server up that stops', async () => {
    const arrived = once(running.server, 'request');
    const waiting = api.get('/events?wait=30').catch((error: unknown) => error);
    await arrived;
    // What is asked later is answered when the first has looked and waits.
    await api.get('/events');
    await running.stop({ keep: true });
    expect(await waiting).to.be.an('error');
    expect(running.logged()).not.to.match(/"level":(50|60)/);
    running = await startHookbell({ dataDir: running.dataDir });
  });
});
