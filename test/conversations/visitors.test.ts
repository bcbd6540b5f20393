import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { told, visitorOf } from './chat.js';
import { type Agent, calls, eventsOf, type House, hire, openBot, startHouse } from './house.js';

describe('visitors', () => {
  let house: House;
  let agent: Agent;
  let botId: string;

  before(async () => {
    house = await startHouse({ env: { TRUST_PROXY: 'true' } });
    agent = await hire(house);
    botId = (await openBot(house, [agent])).id;
  });

  after(() => house.stop());

  let address = 0;
  /** A visitor from an address of their own. */
  const visitor = (bot = botId) => {
    address += 1;
    return visitorOf(house.url, bot, { 'X-Forwarded-For': `198.51.${address >> 8}.${address & 255}` });
  };
  const started = async () => {
    const one = visitor();
    await one.start('Hello');
    return one;
  };

  it('start with their first message, and are answered', async () => {
    const robin = visitor();
    const { status, body } = await robin.start('Hello', 'my-first-one');
    expect(status).to.equal(201);
    expect(body).to.deep.include({
      token: robin.token,
      conversation: { id: robin.id, state: 'Bot', agent: null, mayEscalate: true },
    });
    expect(body.message).to.include({
      number: 1,
      from: 'visitor',
      content: 'Hello',
      clientId: 'my-first-one',
    });
    const messages = await eventually('the reply', async () => {
      const all = await robin.messages();
      return all.length === 2 && all;
    });
    expect(messages[1]).to.include({ from: 'bot', content: 'Hello there!' });
    expect(await eventsOf(house, robin.id)).to.have.length(1);
  });

  it('get a token if they bring none, of 32 bytes, of which only a hash is kept', async () => {
    const one = visitor();
    one.token = '';
    const { body } = await one.start('Hello');
    const token = body.token as string;
    expect(Buffer.from(token, 'base64url')).to.have.length(32);
    one.token = token;
    expect((await one.read()).status).to.equal(200);
    const kept = JSON.stringify([
      await house.hookbell.deps.db('conversations'),
      await house.hookbell.deps.db('messages'),
    ]);
    expect(kept).to.not.contain(token);
    expect(kept).to.not.contain('198.51.');
    expect(house.logged()).to.not.contain(token);
  });

  it('may send their start and their messages again: nothing is doubled', async () => {
    const robin = visitor();
    const [first, again] = await Promise.all([
      robin.start('Hello', 'start-1'),
      robin.start('Hello', 'start-1'),
    ]);
    expect([first.status, again.status].sort()).to.deep.equal([200, 201]);
    expect((first.body.conversation as { id: string }).id).to.equal(
      (again.body.conversation as { id: string }).id,
    );
    const sent = await Promise.all([1, 2, 3, 4, 5].map(() => robin.say('Again', 'message-1')));
    expect(sent.map(({ status }) => status).sort()).to.deep.equal([200, 200, 200, 200, 201]);
    const texts = (await robin.messages())
      .filter(({ from }) => from === 'visitor')
      .map(({ content }) => content);
    expect(texts).to.deep.equal(['Hello', 'Again']);
    expect(await eventsOf(house, robin.id)).to.have.length(1);
    expect((await robin.start('Something else', 'start-2')).status).to.equal(409);
  });

  it('see nothing of one another', async () => {
    const [robin, eve] = [await started(), await started()];
    const ownId = eve.id;
    eve.id = robin.id;
    const stream = await eve.follow();
    const answers = [
      await eve.read(),
      await eve.ask('GET', `/${robin.id}/messages`),
      await eve.say('I am Robin'),
      await eve.escalate('eve@example.com'),
      await eve.cancel(),
    ];
    expect([stream.status, ...answers.map(({ status }) => status)]).to.deep.equal(Array(6).fill(404));
    const elsewhere = visitorOf(house.url, (await openBot(house)).id);
    elsewhere.token = eve.token;
    elsewhere.id = ownId;
    expect((await elsewhere.read()).status).to.equal(404);
    for (const token of ['', 'x', agent.key, robin.token.slice(0, -1)]) {
      const nobody = visitorOf(house.url, botId);
      nobody.token = token;
      nobody.id = robin.id;
      expect((await nobody.read()).status).to.equal(token ? 404 : 401);
    }
    const byKey = await calls(house, { ...agent, key: robin.token }).get(`/conversations/${robin.id}`);
    expect(byKey.status).to.equal(401);
  });

  it('are told plainly what is wrong', async () => {
    const robin = await started();
    const status = async (answer: Promise<{ status: number }>) => (await answer).status;
    expect(await status(visitor('nothing').start('Hello'))).to.equal(404);
    expect(await status(robin.ask('GET', '/'.concat(robin.id, '/nothing')))).to.equal(404);
    expect(await status(robin.say(''))).to.equal(422);
    expect(await status(robin.say('x'.repeat(8001)))).to.equal(422);
    expect(await status(robin.say('x'.repeat(70_000)))).to.equal(413);
    expect(await status(robin.say('Hi', 'with space'))).to.equal(422);
    expect(await status(robin.ask('POST', `/${robin.id}/messages`, { content: 'Hi' }))).to.equal(422);
    expect(await status(robin.ask('POST', `/${robin.id}/messages`, '{"content":'))).to.equal(400);
    expect(
      await status(
        robin.ask('POST', `/${robin.id}/messages`, 'content=Hi', { 'Content-Type': 'text/plain' }),
      ),
    ).to.equal(415);
    expect(await status(robin.ask('GET', `/${robin.id}/messages?after=x`))).to.equal(422);
    const bad = await robin.escalate('robin');
    expect(bad.status).to.equal(422);
    expect(bad.body.errors).to.deep.equal([{ path: 'userEmail', message: 'Not an e-mail address' }]);
    expect(bad.headers.get('content-type')).to.match(/^application\/problem\+json/);
    expect(bad.headers.get('cache-control')).to.equal('no-store');
    expect(bad.headers.get('access-control-allow-origin')).to.equal(null);
  });

  it('ask for a human, and take it back', async () => {
    const robin = await started();
    const asked = await robin.escalate('robin@example.com');
    expect(asked.body).to.deep.equal({ state: 'Escalated', agent: null, mayEscalate: false });
    expect((await robin.escalate('other@example.com')).status).to.equal(200);
    expect((await robin.cancel()).body).to.deep.equal({ state: 'Bot', agent: null, mayEscalate: true });
    expect((await robin.cancel()).status).to.equal(409);
    const seen = await calls(house, agent).get(`/conversations/${robin.id}`);
    expect(seen.body.userEmail).to.equal('robin@example.com');
  });

  it('learn the name of the agent, and no address', async () => {
    const robin = await started();
    const { seen, leave } = await robin.follow();
    await eventually('the reply', () => told(seen, 'message').length === 2);
    await robin.escalate('robin@example.com');
    await calls(house, agent).post(`/conversations/${robin.id}/claim`);
    await calls(house, agent).post(`/conversations/${robin.id}/messages`, {
      content: 'Hi Robin',
      from: 'agent',
    });
    const conflict = await robin.escalate('robin@example.com');
    await calls(house, agent).post(`/conversations/${robin.id}/release`);
    await eventually('the end', () => told(seen, 'state').at(-1)?.state === 'Resolved');

    expect(told(seen, 'state')).to.deep.equal([
      { state: 'Bot', agent: null, mayEscalate: true },
      { state: 'Escalated', agent: null, mayEscalate: false },
      { state: 'Active', agent: { name: agent.name }, mayEscalate: false },
      { state: 'Resolved', agent: null, mayEscalate: true },
    ]);
    const texts = told(seen, 'message').map(({ from, kind, author, content }) => [
      from,
      kind ?? author,
      content,
    ]);
    expect(texts.slice(2)).to.deep.equal([
      ['system', 'escalated', 'A human was asked to join.'],
      ['system', 'claimed', `${agent.name} joined the conversation.`],
      ['agent', agent.name, 'Hi Robin'],
      ['system', 'released', `${agent.name} left. The bot answers again.`],
    ]);
    expect(conflict.status).to.equal(409);
    expect(conflict.body.detail).to.equal(`${agent.name} has claimed this conversation`);
    expect(JSON.stringify(seen)).to.not.contain(agent.email);
    leave();
  });

  describe('have limits', () => {
    it('of messages a minute', async () => {
      const robin = await started();
      const sent = await Promise.all(
        Array.from({ length: 30 }, (_, number) => robin.say(`Message ${number}`)),
      );
      const refused = sent.filter(({ status }) => status === 429);
      expect(sent.filter(({ status }) => status === 201)).to.have.length(19);
      expect(refused).to.have.length(11);
      expect(Number(refused[0]!.headers.get('retry-after'))).to.be.within(1, 60);
      expect(refused[0]!.body.detail).to.match(/^At most 20 messages a minute: try again in \d+ s$/);
      expect((await (await started()).say('Another visitor')).status).to.equal(201);
      house.pass(61_000);
      expect((await robin.say('Later')).status).to.equal(201);
    });

    it('that nobody waits for who wrote before the clock was set back', async () => {
      const robin = await started();
      await Promise.all(Array.from({ length: 19 }, () => robin.say('Hi')));
      house.pass(-86_400_000);
      expect((await robin.say('Yesterday')).status).to.equal(201);
      house.pass(86_400_000);
    });

    it('of requests for a human', async () => {
      const robin = await started();
      for (let time = 0; time < 5; time++) {
        expect((await robin.escalate('robin@example.com')).status).to.equal(200);
        await robin.cancel();
      }
      const refused = await robin.escalate('robin@example.com');
      expect(refused.status).to.equal(429);
      expect((await robin.read()).body.state).to.equal('Bot');
      house.pass(3_600_000);
      expect((await robin.escalate('robin@example.com')).status).to.equal(200);
    });

    it('of conversations from one address, or one IPv6 network', async () => {
      for (const [one, same, other] of [
        ['203.0.113.7', '203.0.113.7', '203.0.113.8'],
        ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1'],
        ['::ffff:203.0.113.9', '203.0.113.9', '203.0.113.10'],
      ] as const) {
        const from = (address: string) =>
          visitorOf(house.url, botId, { 'X-Forwarded-For': address }).start('Hello');
        const before = (await eventsOf(house)).length;
        const answers = await Promise.all(Array.from({ length: 25 }, () => from(one)));
        expect(answers.filter(({ status }) => status === 201)).to.have.length(20);
        const refused = answers.filter(({ status }) => status === 429);
        expect(refused).to.have.length(5);
        expect(refused[0]!.body.detail).to.match(/^At most 20 new conversations a minute from one address/);
        expect(await eventsOf(house)).to.have.length(before + 20);
        expect((await from(same)).status).to.equal(429);
        expect((await from(other)).status).to.equal(201);
      }
    });

    it('of conversations that are open at once', async () => {
      const from = () => visitorOf(house.url, botId, { 'X-Forwarded-For': '192.0.2.1' }).start('Hello');
      const statuses: number[] = [];
      for (let wave = 0; wave < 3; wave++) {
        statuses.push(...(await Promise.all(Array.from({ length: 18 }, from))).map(({ status }) => status));
        house.pass(61_000);
      }
      expect(statuses.filter((status) => status === 201)).to.have.length(50);
      const refused = await from();
      expect(refused.status).to.equal(429);
      expect(refused.body.detail).to.match(
        /^At most 50 open conversations from one address: try again in \d+ s$/,
      );
      house.pass(30 * 60_000);
      expect((await from()).status).to.equal(201);
    });

    it('that are counted by addresses of which nothing is left after a day', async () => {
      const { db } = house.hookbell.deps;
      const kept = () => db('conversations').whereNotNull('address_hash');
      await started();
      await house.conversations.tidy(house.now());
      expect(await kept()).to.not.deep.equal([]);
      house.pass(86_400_001);
      await house.conversations.tidy(house.now());
      expect(await kept()).to.deep.equal([]);
    });

    it('of pages that follow one conversation', async () => {
      const robin = await started();
      const streams = await Promise.all(Array.from({ length: 8 }, () => robin.follow()));
      expect((await robin.follow()).status).to.equal(429);
      streams[0]!.leave();
      await eventually('a place', async () => {
        const next = await robin.follow();
        next.leave();
        return next.status === 200;
      });
      for (const { leave } of streams) leave();
    });
  });
});
