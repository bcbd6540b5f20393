import { expect } from 'chai';
import { replyLease } from '../../src/conversations/owed.js';
import { hesitant, startModel } from '../answers/model.js';
import { eventually } from '../support/eventually.js';
import { type Seen, told, visitorOf } from './chat.js';
import { type Agent, calls, type House, hire, openBot, startHouse } from './house.js';

describe('the stream of a conversation', () => {
  let house: House;
  let agent: Agent;
  let botId: string;

  beforeEach(async () => {
    house = await startHouse();
    agent = await hire(house);
    botId = (await openBot(house, [agent])).id;
  });

  afterEach(() => house.stop());

  const numbers = (seen: Seen[]) => seen.filter(({ event }) => event === 'message').map(({ id }) => id);
  const upTo = (last: number, first = 1) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);

  it('brings every message once and in order, to all that follow it', async () => {
    const robin = visitorOf(house.url, botId);
    await robin.start('Hello');
    const streams = await Promise.all([robin.follow(), robin.follow(), robin.follow()]);
    const { post } = calls(house, agent);
    await Promise.all(
      upTo(40).map((number) => post(`/conversations/${robin.id}/messages`, { content: `Number ${number}` })),
    );
    const late = await robin.follow();
    for (const { seen } of [...streams, late]) {
      await eventually('82 messages', () => numbers(seen).length >= 82);
      expect(numbers(seen)).to.deep.equal(upTo(82));
      expect(told(seen, 'state')).to.have.length(1);
    }
    for (const { leave } of [...streams, late]) leave();
  });

  it('goes on from where the reader was', async () => {
    const robin = visitorOf(house.url, botId);
    await robin.start('Hello');
    for (const number of upTo(3)) await robin.say(`Number ${number}`);
    await eventually('the replies', async () => (await robin.messages()).length === 8);
    const { seen, leave } = await robin.follow(5);
    await eventually('the rest', () => numbers(seen).length === 3);
    expect(numbers(seen)).to.deep.equal([6, 7, 8]);
    leave();
  });

  it('loses and doubles nothing over a restart while visitors write', async () => {
    const robin = visitorOf(house.url, botId);
    await robin.start('Hello');
    const read: number[] = [];
    let sent = 0;
    let writing = true;
    let failed = false;
    const all = () => sent * 2 + 2;
    let ahead = 0;
    const pass = (ms: number) => {
      ahead += ms;
      house.pass(ms);
    };

    /** Sends again until it is taken, with the same client id, as the widget does. */
    async function write() {
      while (writing) {
        pass(4000);
        const answer = await robin.say(`Text ${sent}`, `message-${sent}`).catch(() => null);
        if (answer && answer.status < 300) sent++;
        else await new Promise(setImmediate);
      }
    }

    /** Comes back when the stream ends, and tells what it read last. */
    async function readOn() {
      while (!failed && (writing || read.length < all())) {
        const stream = await robin.follow(read.at(-1) ?? 0).catch(() => null);
        if (stream?.status !== 200) {
          await new Promise(setImmediate);
          continue;
        }
        const before = read.length;
        const look = () => read.splice(before, Infinity, ...(numbers(stream.seen) as number[]));
        void eventually('all messages', () => {
          look();
          if (failed || (!writing && read.length >= all())) stream.leave();
          return stream.isOver();
        });
        await stream.ended;
        look();
      }
    }

    const work = Promise.all([write(), readOn()]);
    try {
      for (let restart = 0; restart < 3; restart++) {
        const target = sent + 10;
        await eventually('ten more', () => sent >= target);
        await house.stop({ keep: true });
        house = await startHouse({ dataDir: house.dataDir });
        house.pass(ahead);
        robin.url = house.url;
      }
      const target = sent + 10;
      await eventually('ten more', () => sent >= target);
      writing = false;
      // Where a database may be shared, an answer is left to the others when its lease ends.
      pass(replyLease);
      await eventually('all of it', () => read.length >= all());
    } finally {
      failed = read.length < all();
      writing = false;
      await work;
    }

    expect(read).to.deep.equal(upTo(all()));
    const stored = await house.conversations.messagesAfter(robin.id, 0, 10_000);
    const texts = stored.filter(({ sender }) => sender === 'visitor').map(({ content }) => content);
    expect(texts).to.deep.equal(['Hello', ...upTo(sent - 1, 0).map((number) => `Text ${number}`)]);
  });

  it('shows a reader who comes late what the bot has written so far', async () => {
    const { behaviour, goOn } = hesitant('It is ', 'blue.');
    const model = await startModel();
    model.does(behaviour);
    await house.stop();
    house = await startHouse({ env: { OPENAI_BASE_URL: model.baseUrl } });
    botId = (await openBot(house)).id;
    const robin = visitorOf(house.url, botId);
    await robin.start('Which colour?');
    await eventually('a draft', () => house.conversations.replies.underWay(robin.id)?.text);
    const { seen, leave } = await robin.follow();
    await eventually('the draft', () => told(seen, 'draft').length === 1);
    goOn();
    await eventually('the reply', () => numbers(seen).length === 2);
    const shown = seen.map(({ event, data }) => [event, data.text ?? data.content ?? data.state]);
    expect(shown).to.deep.equal([
      ['message', 'Which colour?'],
      ['state', 'Bot'],
      ['draft', 'It is '],
      ['delta', 'blue.'],
      ['message', 'It is blue.'],
    ]);
    leave();
    await model.close();
  });

  it('ends when the server stops, and is not opened by HEAD', async () => {
    const robin = visitorOf(house.url, botId);
    await robin.start('Hello');
    expect((await robin.ask('HEAD', `/${robin.id}/stream`)).status).to.equal(200);
    const { ended, headers } = await robin.follow();
    expect(headers.get('content-type')).to.equal('text/event-stream');
    expect(headers.get('content-encoding')).to.equal(null);
    house.hookbell.deps.live.close();
    await ended;
  });
});
