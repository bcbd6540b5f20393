import { expect } from 'chai';
import { hesitant, type Model, says, startModel } from '../answers/model.js';
import { eventually } from '../support/eventually.js';
import { told, visitorOf } from './chat.js';
import { type Agent, calls, type House, hire, openBot, startHouse, teach } from './house.js';

describe('replies of the bot', () => {
  let model: Model;
  let house: House;
  let agent: Agent;
  let botId: string;

  before(async () => {
    model = await startModel();
    house = await startHouse({ env: { OPENAI_BASE_URL: model.baseUrl } });
    agent = await hire(house);
  });

  beforeEach(async () => {
    model.asked.length = 0;
    botId = (await openBot(house, [agent])).id;
  });

  after(async () => {
    await house.stop();
    await model.close();
  });

  const textsOf = async (id: string) =>
    (await house.conversations.messagesAfter(id, 0, 100)).map(
      ({ sender, content }) => `${sender}: ${content}`,
    );

  it('stream to the visitor word for word, and are stored whole', async () => {
    model.does(says('Good ', 'day, ', 'Robin.'));
    const robin = visitorOf(house.url, botId);
    await robin.start('Hi, I am Robin');
    const { seen, leave } = await robin.follow();
    await eventually('the first reply', () => told(seen, 'message').length === 2);
    const before = seen.length;

    await robin.say('And again?');
    await eventually('the second reply', () => told(seen, 'message').length === 4);

    const after = seen.slice(before);
    expect(after.map(({ event }) => event)).to.deep.equal([
      'message',
      'draft',
      'delta',
      'delta',
      'delta',
      'message',
    ]);
    expect(told(after, 'delta')).to.deep.equal(
      ['Good ', 'day, ', 'Robin.'].map((text) => ({ replyTo: 3, text })),
    );
    expect(told(after, 'message')[1]).to.include({
      number: 4,
      from: 'bot',
      replyTo: 3,
      content: 'Good day, Robin.',
    });
    leave();
  });

  it('know what was said before', async () => {
    model.does(says('Yes.'));
    const robin = visitorOf(house.url, botId);
    await robin.start('I have a blue lamp');
    await eventually('a reply', async () => (await robin.messages()).length === 2);
    await robin.say('Is it covered?');
    await eventually('a reply', async () => (await robin.messages()).length === 4);
    const turns = model.asked[1]!.body.messages.map(({ role, content }) => [role, content]);
    expect(turns.slice(1, 3)).to.deep.equal([
      ['user', 'I have a blue lamp'],
      ['assistant', 'Yes.'],
    ]);
  });

  it('are never stored or shown when an agent claimed meanwhile', async () => {
    const { behaviour, goOn } = hesitant('Let me ', 'think.');
    model.does(behaviour);
    const robin = visitorOf(house.url, botId);
    await robin.start('Where is my parcel?');
    const { seen, leave } = await robin.follow();
    await eventually('the first words', () =>
      [...told(seen, 'draft'), ...told(seen, 'delta')].some(({ text }) => text),
    );

    const claimed = await calls(house, agent).post(`/conversations/${robin.id}/claim`);
    await eventually('the claim', () => told(seen, 'state').some(({ state }) => state === 'Active'));
    const before = seen.length;
    goOn();
    await eventually('the model is let go', () => model.open() === 0);
    await calls(house, agent).post(`/conversations/${robin.id}/messages`, {
      from: 'agent',
      content: 'I am here',
    });
    await eventually('the agent', () => told(seen, 'message').some(({ from }) => from === 'agent'));

    expect(claimed.status).to.equal(200);
    expect(await textsOf(robin.id)).to.deep.equal([
      'visitor: Where is my parcel?',
      `system: ${agent.name} joined the conversation.`,
      'agent: I am here',
    ]);
    const later = seen.slice(before);
    expect(later.map(({ event }) => event)).to.deep.equal(['message']);
    expect(told(seen, 'dropped')).to.deep.equal([{ replyTo: 1 }]);
    leave();
  });

  it('are dropped even if the agent has handed back before they were ready', async () => {
    const { behaviour, goOn } = hesitant('Let me ', 'think.');
    model.does(behaviour);
    const robin = visitorOf(house.url, botId);
    await robin.start('Where is my parcel?');
    await eventually('a draft', () => house.conversations.replies.underWay(robin.id)?.text);

    await house.conversations.claim(robin.id, agent, house.now());
    await house.conversations.release(robin.id, agent, house.now());
    goOn();
    await eventually('nothing under way', () => house.conversations.replies.underWay(robin.id) === null);

    expect(await textsOf(robin.id)).to.have.length(3);
    expect((await textsOf(robin.id)).filter((text) => text.startsWith('bot'))).to.deep.equal([]);
  });

  it('lose against a claim whatever the order, in 60 rounds', async () => {
    model.does(says('Here ', 'you ', 'are.'));
    for (let round = 0; round < 60; round++) {
      const { conversation } = await house.conversations.create(
        botId,
        { channelType: 'web' },
        agent,
        null,
        house.now(),
      );
      const said = await house.conversations.visitorSays(
        conversation.id,
        { content: 'Hi' },
        null,
        house.now(),
      );
      for (let wait = 0; wait < round; wait++) await new Promise(setImmediate);
      await house.conversations.claim(conversation.id, agent, house.now());
      const before = await textsOf(conversation.id);
      await said.reply;
      expect(await textsOf(conversation.id)).to.deep.equal(before);
      expect(before.at(-1)).to.match(/joined/);
    }
  });

  it('go on while a human is asked for, and come again after the release', async () => {
    model.does(says('An answer.'));
    const robin = visitorOf(house.url, botId);
    const { post } = calls(house, agent);
    await robin.start('One');
    await eventually('a reply', async () => (await robin.messages()).length === 2);
    await robin.escalate('robin@example.com');
    expect(
      (await post(`/conversations/${robin.id}/messages`, { content: 'Two' })).body.reply.content,
    ).to.equal('An answer.');
    await post(`/conversations/${robin.id}/claim`);
    expect((await post(`/conversations/${robin.id}/messages`, { content: 'Three' })).body).to.deep.include({
      reply: null,
      state: 'Active',
    });
    await post(`/conversations/${robin.id}/release`);
    expect(
      (await post(`/conversations/${robin.id}/messages`, { content: 'Four' })).body.reply.content,
    ).to.equal('An answer.');
    expect(model.asked).to.have.length(3);
  });

  it('finish what was begun when the visitor asks for a human in the middle', async () => {
    const { behaviour, goOn } = hesitant('Let me ', 'think.');
    model.does(behaviour);
    const robin = visitorOf(house.url, botId);
    await robin.start('Where is my parcel?');
    await eventually('a draft', () => house.conversations.replies.underWay(robin.id)?.text);
    await robin.escalate('robin@example.com');
    goOn();
    await eventually('the reply', async () => (await textsOf(robin.id)).includes('bot: Let me think.'));
  });

  it('answer one message after another, each once', async () => {
    model.does(says('Yes.'));
    const robin = visitorOf(house.url, botId);
    await robin.start('0');
    await Promise.all([1, 2, 3, 4].map((number) => robin.say(String(number))));
    await eventually('five replies', async () => (await robin.messages()).length === 10);
    const replies = (await house.conversations.messagesAfter(robin.id, 0, 99)).filter(
      ({ sender }) => sender === 'bot',
    );
    expect(new Set(replies.map(({ replyTo }) => replyTo)).size).to.equal(5);
    expect(model.asked).to.have.length(5);
  });

  it('are quoted from the documents when the model breaks off, in place of what was shown', async () => {
    await teach(house, botId, [{ title: 'Parcels', text: 'A parcel arrives within four days.' }]);
    model.does(({ begin, say, res }) => {
      begin();
      say('I gue');
      setImmediate(() => res.destroy());
    });
    const robin = visitorOf(house.url, botId);
    await robin.start('Hi');
    const { seen, leave } = await robin.follow();
    await eventually('the first reply', () => told(seen, 'message').length === 2);
    const before = seen.length;
    await robin.say('When does my parcel arrive?');
    await eventually('the reply', () => told(seen, 'message').length === 4);

    const after = seen.slice(before).map(({ event, data }) => [event, data.text ?? data.content]);
    const quoted = '“A parcel arrives within four days.”\n— Parcels';
    expect(after).to.deep.equal([
      ['message', 'When does my parcel arrive?'],
      ['draft', ''],
      ['delta', 'I gue'],
      ['draft', ''],
      ['delta', quoted],
      ['message', quoted],
    ]);
    leave();
  });

  it('that a stopped process owed are given by the next one, once', async () => {
    const { behaviour } = hesitant('Let me ', 'think.');
    model.does(behaviour);
    const robin = visitorOf(house.url, botId);
    await robin.start('Where is my parcel?');
    await eventually('a draft', () => house.conversations.replies.underWay(robin.id)?.text);
    await house.stop({ keep: true });

    model.does(says('On its way.'));
    house = await startHouse({ dataDir: house.dataDir, env: { OPENAI_BASE_URL: model.baseUrl } });
    await eventually('the reply', async () => (await textsOf(robin.id)).length === 2);
    await house.conversations.replies.sweep(house.now() + 3_600_000);

    expect(await textsOf(robin.id)).to.deep.equal(['visitor: Where is my parcel?', 'bot: On its way.']);
    const due = await house.hookbell.deps.db('messages').whereNotNull('reply_due_at');
    expect(due).to.deep.equal([]);
  });

  it('that are asked for while a process stops are left to the next one at once', async () => {
    model.does(says('Every day.'));
    const robin = visitorOf(house.url, botId);
    await robin.start('Hello');
    await eventually('the reply', async () => (await textsOf(robin.id)).length === 2);
    await house.conversations.replies.stop();
    await robin.say('When are you open?');
    await house.conversations.replies.givenBack();
    const owed = house.hookbell.deps.db('messages').where({ conversation_id: robin.id });
    expect((await owed.whereNotNull('reply_due_at').pluck('reply_due_at')).map(Number)).to.deep.equal([0]);
    await house.stop({ keep: true });
    house = await startHouse({ dataDir: house.dataDir, env: { OPENAI_BASE_URL: model.baseUrl } });
    await eventually('the reply', async () => (await textsOf(robin.id)).length === 4);
  });

  it('are apologised for when nothing can answer', async () => {
    const other = await startHouse();
    await other.hookbell.deps.db.schema.renameTable('documents', 'documents_gone');
    const admin = await hire(other, 'admin');
    const bot = await openBot(other);
    const made = await calls(other, admin).post(`/bots/${bot.id}/conversations`, {
      channelType: 'web',
      initialMessage: 'Where is my parcel?',
    });
    expect(made.body.messages[1].content).to.match(/^Something went wrong/);
    expect(JSON.stringify(made.body)).to.not.match(/documents|table|relation/i);
    await other.stop();
  });
});
