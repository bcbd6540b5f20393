import { expect } from 'chai';
import { claim } from '../../src/syncs/lease.js';
import { hesitant, type Model, says, startModel } from '../answers/model.js';
import { eventually } from '../support/eventually.js';
import { admin } from '../support/outbox.js';
import { userIn } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { emptyDatabase, shared } from './house.js';

const minute = 60_000;

describe('work that several processes could do', function () {
  this.timeout(60_000);
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let model: Model;
  /** Neither does anything by itself. */
  let one: Running;
  let other: Running;
  let botId: string;

  before(async () => {
    database = await emptyDatabase();
    model = await startModel();
    const env = { ...shared(database.url), ROLE: 'web', OPENAI_BASE_URL: model.baseUrl };
    one = await startHookbell({ env });
    other = await startHookbell({ env });
    const bot = { name: 'Help desk', welcomeMessage: '', instructions: '', humanTakeover: true };
    const rest = { storageTokenLimit: null, notificationEmail: null, allowedOrigins: [] };
    botId = (await one.hookbell.bots.create({ ...bot, ...rest }, admin, Date.now())).id;
  });
  after(async () => {
    await Promise.all([one.stop(), other.stop()]);
    await model.close();
    await database.stop();
  });

  const db = () => one.hookbell.deps.db;

  describe('a sync', () => {
    const source = async (schedule: string | null = null) => {
      const config = { entries: [{ title: 'Hours', text: 'From nine to five.' }] };
      const input = { name: 'Hours', type: 'text' as const, config, schedule, enabled: true };
      return (await one.hookbell.sources.create(botId, input, admin, Date.now())).id;
    };
    afterEach(() => db()('syncs').delete());

    it('is taken by one process; another takes the next one, or none, and waits for nobody', async () => {
      const ids = [await source(), await source()];
      const at = Date.now();
      const lease = (token: string) => ({ token, until: at + minute });
      await db().transaction(async (tx) => {
        const first = await claim(tx, lease('one'), at);
        const second = await claim(other.hookbell.deps.db, lease('other'), at);
        expect([first?.sourceId, second?.sourceId]).to.deep.equal(ids);
        expect(await claim(other.hookbell.deps.db, lease('other'), at)).to.equal(null);
      });
    });

    it('is taken once, of however many that claim at the same time', async () => {
      for (let round = 0; round < 10; round++) {
        await source();
        const at = Date.now();
        const claims = await Promise.all(
          [one, other, one, other].map(({ hookbell }, n) =>
            claim(hookbell.deps.db, { token: `${n}`, until: at + minute }, at),
          ),
        );
        expect(claims.filter((claimed) => claimed !== null)).to.have.length(1);
      }
    });

    it('of a schedule is asked for once', async () => {
      const id = await source('hourly');
      await db()('syncs').delete();
      for (let hour = 1; hour <= 5; hour++) {
        const at = Date.now() + hour * 60 * minute + 1_000;
        await Promise.all([one, other, one, other].map(({ hookbell }) => hookbell.sources.syncDue(at)));
        const asked = await db()('syncs').where({ source_id: id }).select('id', 'trigger');
        expect(asked.map(({ trigger }) => trigger)).to.deep.equal(['schedule']);
        await db()('syncs').update({ status: 'succeeded', finished_at: at });
        await db()('syncs').delete();
      }
    });
  });

  describe('a reply of the bot', () => {
    const ask = async () => {
      const agent = { ...admin, id: 'somebody' };
      const { conversations } = one.hookbell;
      const input = { channelType: 'web', initialMessage: 'Where is my parcel?' };
      const { conversation, reply } = await conversations.create(botId, input, agent, null, Date.now());
      await eventually('a draft', () => conversations.replies.underWay(conversation.id)?.text);
      return { id: conversation.id, reply };
    };
    const said = async (id: string) =>
      (await one.hookbell.conversations.messagesAfter(id, 1, 10)).map(({ content }) => content);

    it('that one process writes is begun by no other for as long as it takes', async () => {
      const { behaviour, goOn } = hesitant('On its ', 'way.');
      model.does(behaviour);
      const { id, reply } = await ask();
      const dueAt = async () =>
        Number((await db()('messages').where({ conversation_id: id }).first()).reply_due_at);
      const first = await dueAt();
      await eventually('its lease is renewed', async () => (await dueAt()) > first);
      model.does(says('Twice.'));
      await other.hookbell.conversations.replies.sweep(first + 1);
      goOn();
      await reply;
      expect(await said(id)).to.deep.equal(['On its way.']);
    });

    it('that a frozen process wrote is not stored once another has taken it over', async () => {
      const { behaviour, goOn } = hesitant('Too ', 'late.');
      model.does(behaviour);
      const { id, reply } = await ask();
      model.does(says('In time.'));
      await other.hookbell.conversations.replies.sweep(Date.now() + minute);
      goOn();
      await reply;
      await eventually('the reply of the other', async () => (await said(id)).length > 0);
      expect(await said(id)).to.deep.equal(['In time.']);
    });

    it('is called off when an agent claims the conversation through another process', async () => {
      model.does(hesitant('Let me ', 'think.').behaviour);
      const { id, reply } = await ask();
      const agent = await userIn(other.hookbell, 'admin');
      await other.hookbell.conversations.claim(id, agent, Date.now());
      expect(await reply).to.equal(null);
      await eventually('the model is let go', () => model.open() === 0);
    });

    it('is given by another process when its own was asked to stop', async () => {
      const { behaviour } = hesitant('Too ', 'late.');
      model.does(behaviour);
      const { id } = await ask();
      await one.hookbell.conversations.replies.stop();
      model.does(says('In time.'));
      await other.hookbell.conversations.replies.sweep(Date.now());
      await eventually('the reply of the other', async () => (await said(id)).length > 0);
      expect(await said(id)).to.deep.equal(['In time.']);
    });
  });
});
