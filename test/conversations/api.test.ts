import { expect } from 'chai';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Agent, calls, eventsOf, type House, hire, openBot, startHouse, teach } from './house.js';

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the API of conversations', () => {
  let house: House;
  let receiver: Receiver;
  let ann: Agent;
  let bob: Agent;
  let admin: Agent;
  let bot: { id: string; name: string };

  before(async () => {
    house = await startHouse();
    receiver = await startReceiver();
    [ann, bob, admin] = [await hire(house), await hire(house), await hire(house, 'admin')];
    bot = await openBot(house, [ann, bob], { name: 'Desk “1”' });
    await teach(house, bot.id, [
      {
        title: 'Returns',
        url: 'https://shop.example/returns',
        text: 'You may return an item within 30 days.',
      },
    ]);
  });

  after(async () => {
    await house.stop();
    await receiver.close();
  });

  const create = async (body: object = {}, by = ann) =>
    (await calls(house, by).post(`/bots/${bot.id}/conversations`, { channelType: 'web', ...body })).body;

  it('tells the four events byte for byte, in order, to a webhook of each type', async () => {
    const types = ['started', 'escalated', 'claimed', 'released'].map((name) => `conversation.${name}`);
    for (const type of types) {
      await house.hookbell.webhooks.create(
        bot.id,
        { type: type as 'conversation.started', targetUrl: receiver.url, enabled: true },
        admin,
        house.now(),
      );
    }
    const userData = { plan: 'pro', name: '<b>Robin</b>', deep: { a: [1, null] } };
    const { id, createdAt } = await create({ initialMessage: ' Wo ist “es”?\0 ', userData });
    await receiver.wait(1);
    await calls(house, bob).post(`/conversations/${id}/escalate`, {
      userEmail: 'robin@example.com',
      userData: { plan: 'max' },
    });
    await receiver.wait(2);
    await calls(house, ann).post(`/conversations/${id}/claim`);
    await receiver.wait(3);
    await calls(house, ann).post(`/conversations/${id}/release`);
    const received = await receiver.wait(4);

    const at = received.map(({ body }) => JSON.parse(body).timestamp as string);
    for (const time of at) expect(time).to.match(iso);
    const it = `"id":"${id}","botId":"${bot.id}","botName":"Desk “1”","channelType":"web"`;
    expect(received.map(({ body }) => body)).to.deep.equal([
      `{"event":"conversation.started","timestamp":"${at[0]}","conversation":{${it},"initialMessage":"Wo ist “es”?","createdAt":"${createdAt}"}}`,
      `{"event":"conversation.escalated","timestamp":"${at[1]}","conversation":{${it},"state":"Escalated","userData":{"plan":"max","name":"<b>Robin</b>","deep":{"a":[1,null]}}},"userEmail":"robin@example.com"}`,
      `{"event":"conversation.claimed","timestamp":"${at[2]}","conversation":{${it},"state":"Active"},"agent":{"name":"${ann.name}","email":"${ann.email}"}}`,
      `{"event":"conversation.released","timestamp":"${at[3]}","conversation":{${it},"state":"Resolved"},"agent":{"name":"${ann.name}"}}`,
    ]);
    expect(received.map(({ headers }) => headers['x-hookbell-event'])).to.deep.equal(types);
  });

  it('leaves initialMessage out when there is none', async () => {
    const { id, createdAt } = await create({ channelType: 'whats_app-2' });
    const [body] = await eventsOf(house, id);
    expect(body).to.equal(
      `{"event":"conversation.started","timestamp":"${createdAt}","conversation":{"id":"${id}","botId":"${bot.id}","botName":"Desk “1”","channelType":"whats_app-2","createdAt":"${createdAt}"}}`,
    );
  });

  it('creates a conversation whose initial message is answered', async () => {
    const answer = await calls(house, ann).post(`/bots/${bot.id}/conversations`, {
      channelType: 'slack',
      initialMessage: 'How many days do I have to return an item?',
      userEmail: 'robin@example.com',
    });
    const { id, messages, createdAt, lastMessageAt, ...rest } = answer.body;
    expect(answer.status).to.equal(201);
    expect(rest).to.deep.equal({
      botId: bot.id,
      channelType: 'slack',
      state: 'Bot',
      userEmail: 'robin@example.com',
      userData: {},
      claimedBy: null,
    });
    expect(createdAt).to.match(iso);
    expect(
      messages.map(({ from, number, author }: Record<string, unknown>) => [number, from, author]),
    ).to.deep.equal([
      [1, 'visitor', null],
      [2, 'bot', null],
    ]);
    expect(messages[1].content).to.equal(
      '“You may return an item within 30 days.”\n— Returns, https://shop.example/returns',
    );
    expect(messages[1].citations).to.deep.equal([{ title: 'Returns', url: 'https://shop.example/returns' }]);
    expect((await calls(house, ann).get(`/conversations/${id}`)).body).to.deep.equal(answer.body);
  });

  it('answers a visitor’s message, and says where the conversation stands', async () => {
    const { id } = await create();
    const { status, body } = await calls(house, bob).post(`/conversations/${id}/messages`, {
      content: 'Sell you unicorns?',
    });
    expect(status).to.equal(201);
    expect(body.message).to.include({ from: 'visitor', content: 'Sell you unicorns?', number: 1 });
    expect(body.reply.from).to.equal('bot');
    expect(body.reply.content).to.match(/^I don’t know.*human\?$/);
    expect(body.state).to.equal('Bot');
  });

  it('lets an agent write only what they have claimed', async () => {
    const { id } = await create();
    const write = (by: Agent) =>
      calls(house, by).post(`/conversations/${id}/messages`, { content: 'Hello', from: 'agent' });
    expect((await write(ann)).status).to.equal(409);
    await calls(house, ann).post(`/conversations/${id}/claim`);
    const { status, body } = await write(ann);
    expect(status).to.equal(201);
    expect(body).to.deep.include({ reply: null, state: 'Active' });
    expect(body.message).to.include({ from: 'agent', author: ann.name });
    expect((await write(bob)).status).to.equal(403);
    expect((await write(admin)).status).to.equal(403);
    await calls(house, ann).post(`/conversations/${id}/release`);
    expect((await write(ann)).status).to.equal(409);
  });

  it('answers claim and release with the conversation', async () => {
    const { id } = await create();
    const claimed = await calls(house, ann).post(`/conversations/${id}/claim`);
    expect(claimed.status).to.equal(200);
    expect(claimed.body).to.deep.include({
      id,
      state: 'Active',
      claimedBy: { id: ann.id, name: ann.name, email: ann.email },
    });
    const lost = await calls(house, bob).post(`/conversations/${id}/claim`);
    expect(lost.status).to.equal(409);
    expect(lost.type).to.equal('application/problem+json');
    expect(lost.body.detail).to.equal(`${ann.name} (${ann.email}) has claimed this conversation`);
    expect((await calls(house, bob).post(`/conversations/${id}/release`)).status).to.equal(403);
    const released = await calls(house, ann).post(`/conversations/${id}/release`);
    expect(released.body).to.deep.include({ state: 'Resolved', claimedBy: null });
    expect((await calls(house, ann).post(`/conversations/${id}/release`)).status).to.equal(409);
  });

  it('is for admins and the agents of the bot', async () => {
    const { id } = await create();
    const stranger = await hire(house);
    const { get, post } = calls(house, stranger);
    const answers = await Promise.all([
      get(`/bots/${bot.id}/conversations`),
      post(`/bots/${bot.id}/conversations`, { channelType: 'web' }),
      get(`/conversations/${id}`),
      post(`/conversations/${id}/messages`, { content: 'Hi' }),
      post(`/conversations/${id}/escalate`, { userEmail: 'a@example.com' }),
      post(`/conversations/${id}/claim`),
      post(`/conversations/${id}/release`),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 403));
    expect((await calls(house, admin).get(`/conversations/${id}`)).status).to.equal(200);
    expect((await get('/conversations/nothing')).status).to.equal(404);
    expect((await post('/bots/nothing/conversations', { channelType: 'web' })).status).to.equal(404);
  });

  const wrong: [string, object, string][] = [
    ['no channel', { channelType: undefined }, 'channelType'],
    ['a channel in capitals', { channelType: 'Web' }, 'channelType'],
    ['a long channel', { channelType: 'a'.repeat(33) }, 'channelType'],
    ['an unknown field', { color: 'red' }, 'color'],
    ['an empty message', { initialMessage: ' \0\n' }, 'initialMessage'],
    ['a long message', { initialMessage: 'x'.repeat(8001) }, 'initialMessage'],
    ['user data that is a list', { userData: [] }, 'userData'],
    ['too much user data', { userData: { a: 'x'.repeat(16_400) } }, 'userData'],
    ['a bad address', { userEmail: 'robin' }, 'userEmail'],
  ];
  for (const [what, body, field] of wrong) {
    it(`refuses ${what} and names the field`, async () => {
      const before = (await eventsOf(house)).length;
      const answer = await calls(house, ann).post(`/bots/${bot.id}/conversations`, {
        channelType: 'web',
        ...body,
      });
      expect(answer.status).to.equal(422);
      expect(answer.body.errors.map(({ path }: { path: string }) => path)).to.deep.equal([field]);
      expect(await eventsOf(house)).to.have.length(before);
    });
  }

  it('refuses to escalate without a valid address, beyond the web, or with too much user data', async () => {
    const { id } = await create({ userData: { a: 'x'.repeat(9_000) } });
    const slack = await create({ channelType: 'slack' });
    const escalate = async (to: string, body: object) =>
      (await calls(house, ann).post(`/conversations/${to}/escalate`, body)).status;
    for (const userEmail of [
      undefined,
      '',
      'robin',
      'robin@',
      'a b@example.com',
      'a@example.com\nBcc: x@example.com',
      7,
    ]) {
      expect(await escalate(id, { userEmail }), String(userEmail)).to.equal(422);
    }
    expect(await escalate(id, { userEmail: 'a@example.com', userData: { b: 'x'.repeat(9_000) } })).to.equal(
      422,
    );
    expect(await escalate(slack.id, { userEmail: 'a@example.com' })).to.equal(409);
    expect(await eventsOf(house, id)).to.have.length(1);
    expect((await calls(house, ann).get(`/conversations/${id}`)).body.state).to.equal('Bot');
  });

  it('stores hostile text as text', async () => {
    const hostile = '<script>alert(1)</script> [x](javascript:alert(1)) {{7*7}} \u202e “\u0000\u0007” \ud800';
    const { id, messages, userData } = await create({
      initialMessage: hostile,
      userData: { ['__proto__']: 1, '<i>': hostile },
    });
    expect(messages[0].content).to.equal(
      '<script>alert(1)</script> [x](javascript:alert(1)) {{7*7}} \u202e “” \ufffd',
    );
    expect(Object.keys(userData)).to.include('<i>');
    expect((await calls(house, ann).get(`/conversations/${id}`)).type).to.equal('application/json');
  });

  it('gives the first answer again for an Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const body = { channelType: 'web', initialMessage: 'Hi' };
    const path = `/bots/${bot.id}/conversations`;
    const first = await calls(house, ann).post(path, body, headers);
    const again = await calls(house, ann).post(path, body, headers);
    expect(again.body).to.deep.equal(first.body);
    expect(await eventsOf(house, first.body.id)).to.have.length(1);
  });

  describe('in lists', () => {
    let other: string;
    const ids: string[] = [];
    const list = async (query: string) =>
      (await calls(house, ann).get(`/bots/${other}/conversations${query}`)).body as {
        data: { id: string; state: string }[];
        nextCursor: string | null;
      };
    const found = async (query: string) => (await list(query)).data.map(({ id }) => ids.indexOf(id));

    before(async () => {
      other = (await openBot(house, [ann])).id;
      const inputs = [
        { channelType: 'web', initialMessage: 'Where is my parcel?' },
        { channelType: 'slack', initialMessage: '100% wool?' },
        { channelType: 'web', initialMessage: 'A PARCEL for you' },
        { channelType: 'web' },
        { channelType: 'slack' },
      ];
      for (const input of inputs) {
        const made = await calls(house, ann).post(`/bots/${other}/conversations`, input);
        ids.push(made.body.id);
      }
      await calls(house, ann).post(`/conversations/${ids[3]}/claim`);
      await calls(house, ann).post(`/conversations/${ids[0]}/escalate`, { userEmail: 'a@example.com' });
    });

    it('shows the newest first, page by page', async () => {
      expect(await found('')).to.deep.equal([4, 3, 2, 1, 0]);
      const first = await list('?limit=2');
      const second = await list(`?limit=2&cursor=${first.nextCursor}`);
      const third = await list(`?limit=2&cursor=${second.nextCursor}`);
      const pages = [first, second, third].map(({ data }) => data.map(({ id }) => ids.indexOf(id)));
      expect(pages).to.deep.equal([[4, 3], [2, 1], [0]]);
      expect(third.nextCursor).to.equal(null);
      expect(first.data[1]).to.deep.include({
        state: 'Active',
        claimedBy: { id: ann.id, name: ann.name, email: ann.email },
      });
      expect(first.data[0]).to.not.have.property('messages');
    });

    it('is narrowed by state, channel and words', async () => {
      expect(await found('?state=Bot')).to.deep.equal([4, 2, 1]);
      expect(await found('?state=Escalated')).to.deep.equal([0]);
      expect(await found('?channelType=slack')).to.deep.equal([4, 1]);
      expect(await found('?q=parcel')).to.deep.equal([2, 0]);
      expect(await found('?q=PARCEL&state=Bot')).to.deep.equal([2]);
      expect(await found('?q=100%25')).to.deep.equal([1]);
      expect(await found('?q=_')).to.deep.equal([]);
      expect(await found('?q=%25')).to.deep.equal([1]);
    });

    it('refuses what is no filter', async () => {
      const { get } = calls(house, ann);
      for (const query of ['?state=Lost', '?limit=0', '?limit=201', '?cursor=x', '?channelType=W']) {
        expect((await get(`/bots/${other}/conversations${query}`)).status, query).to.equal(422);
      }
    });

    it('has an inbox: who waits the longest on top, then what agents have', async () => {
      const waiting = async (minutesAgo: number) => {
        const at = house.now() - minutesAgo * 60_000;
        const made = await house.conversations.create(other, { channelType: 'web' }, ann, null, at);
        await house.conversations.escalate(
          made.conversation.id,
          { userEmail: 'a@example.com' },
          null,
          null,
          at,
        );
        return made.conversation.id;
      };
      const long = await waiting(50);
      const longer = await waiting(70);
      const alone = await hire(house);
      await house.hookbell.bots.setAgents(other, [ann.id, alone.id], admin, house.now());

      const whole = await house.conversations.inbox(alone, { limit: 10, after: null });
      const first = await house.conversations.inbox(alone, { limit: 3, after: null });
      const rest = await house.conversations.inbox(alone, { limit: 3, after: first.next });

      expect(whole.rows.map(({ id }) => id)).to.deep.equal([longer, long, ids[0], ids[3]]);
      expect([...first.rows, ...rest.rows]).to.deep.equal(whole.rows);
      expect(rest.next).to.equal(null);
      expect(whole.rows[2]!.preview).to.equal('Where is my parcel?');
      expect(await house.conversations.waiting(alone)).to.equal(3);
      expect(
        (await house.conversations.inbox(await hire(house), { limit: 9, after: null })).rows,
      ).to.deep.equal([]);
      expect((await house.conversations.inbox(admin, { limit: 99, after: null })).rows.length).to.be.at.least(
        4,
      );
    });

    it('is searched page by page, a bounded way back each time', async () => {
      const { db } = house.hookbell.deps;
      const { id } = await openBot(house, [ann]);
      const numbers = Array.from({ length: 2100 }, (_, number) => String(number).padStart(4, '0'));
      const rows = numbers.map((number) => ({
        id: `many-${number}`,
        bot_id: id,
        channel_type: 'web',
        state: 'Bot',
        state_since: 1,
        user_data: '{}',
        last_message_at: 1,
        created_at: 1,
      }));
      const messages = numbers.map((number) => ({
        id: `message-${number}`,
        conversation_id: `many-${number}`,
        number: 1,
        sender: 'visitor',
        content: number === '0005' || number === '2050' ? 'the needle' : 'hay',
        offers_human: false,
        created_at: 1,
      }));
      await db.batchInsert('conversations', rows, 50);
      await db.batchInsert('messages', messages, 50);

      const first = (await calls(house, ann).get(`/bots/${id}/conversations?q=needle`)).body;
      const rest = (
        await calls(house, ann).get(`/bots/${id}/conversations?q=needle&cursor=${first.nextCursor}`)
      ).body;

      expect(first.data.map((it: { id: string }) => it.id)).to.deep.equal(['many-2050']);
      expect(rest.data.map((it: { id: string }) => it.id)).to.deep.equal(['many-0005']);
      expect(rest.nextCursor).to.equal(null);
    });

    it('is gone with its bot, first from sight and then from the database', async () => {
      const { db } = house.hookbell.deps;
      await house.hookbell.bots.remove(other, admin, house.now());
      expect((await calls(house, admin).get(`/conversations/${ids[0]}`)).status).to.equal(404);
      expect(
        (await calls(house, admin).post(`/conversations/${ids[0]}/messages`, { content: 'Hi' })).status,
      ).to.equal(404);
      await house.conversations.tidy(house.now());
      expect(await db('conversations').where({ bot_id: other })).to.deep.equal([]);
      expect(await db('messages').whereIn('conversation_id', ids)).to.deep.equal([]);
    });
  });
});
