import { expect } from 'chai';
import type { State } from '../../src/conversations/states.js';
import type { Conversation } from '../../src/conversations/store.js';
import type { Moved } from '../../src/conversations/transit.js';
import { Refusal } from '../../src/errors.js';
import { refuseInserts } from '../support/refusal.js';
import { type Agent, eventsOf, type House, hire, openBot, startHouse } from './house.js';

describe('the states of a conversation', () => {
  let house: House;
  let ann: Agent;
  let bob: Agent;
  let admin: Agent;
  let stranger: Agent;
  let botId: string;

  before(async () => {
    house = await startHouse();
    [ann, bob, stranger, admin] = [
      await hire(house),
      await hire(house),
      await hire(house),
      await hire(house, 'admin'),
    ];
    botId = (await openBot(house, [ann, bob])).id;
  });

  after(() => house.stop());

  const at = () => house.now();
  const find = async (id: string) => (await house.conversations.find(id))!;
  const escalation = { userEmail: 'robin@example.com' };

  async function begin(channelType = 'web'): Promise<Conversation> {
    return (await house.conversations.create(botId, { channelType }, admin, null, at())).conversation;
  }

  /** A conversation in this state; one that is Active is Ann's. */
  async function inState(state: State): Promise<Conversation> {
    const { id } = await begin();
    if (state === 'Escalated') await house.conversations.escalate(id, escalation, null, null, at());
    if (state === 'Active' || state === 'Resolved') await house.conversations.claim(id, ann, at());
    if (state === 'Resolved') await house.conversations.release(id, ann, at());
    return find(id);
  }

  const steps: Record<string, (id: string, by?: Agent) => Promise<Moved>> = {
    escalate: (id) => house.conversations.escalate(id, escalation, null, null, at()),
    claim: (id, by = bob) => house.conversations.claim(id, by, at()),
    release: (id, by = ann) => house.conversations.release(id, by, at()),
    transfer: (id, by = ann) => house.conversations.transfer(id, bob.id, by, at()),
    cancel: (id) => house.conversations.cancel(id, at()),
    dismiss: (id, by = ann) => house.conversations.dismiss(id, by, at()),
  };

  async function statusOf(promise: Promise<unknown>): Promise<number> {
    try {
      await promise;
      return 200;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.status;
    }
  }

  /** Contract, section 6. What is not here is not possible. */
  const table: Record<string, Partial<Record<State, { to: State; event: string | null }>>> = {
    escalate: {
      Bot: { to: 'Escalated', event: 'conversation.escalated' },
      Resolved: { to: 'Escalated', event: 'conversation.escalated' },
      Escalated: { to: 'Escalated', event: null },
    },
    claim: {
      Escalated: { to: 'Active', event: 'conversation.claimed' },
      Bot: { to: 'Active', event: 'conversation.claimed' },
      Resolved: { to: 'Active', event: 'conversation.claimed' },
    },
    release: { Active: { to: 'Resolved', event: 'conversation.released' } },
    transfer: { Active: { to: 'Active', event: null } },
    cancel: { Escalated: { to: 'Bot', event: null } },
    dismiss: { Escalated: { to: 'Bot', event: null } },
  };

  for (const [name, step] of Object.entries(steps)) {
    for (const state of ['Bot', 'Escalated', 'Active', 'Resolved'] as const) {
      const row = table[name]![state];
      const what = row ? `to ${row.to}${row.event ? ` with ${row.event}` : ''}` : '409 and no event';
      it(`${name} from ${state}: ${what}`, async () => {
        const { id } = await inState(state);
        const before = (await eventsOf(house, id)).length;

        const status = await statusOf(step(id));

        const events = (await eventsOf(house, id)).slice(before).map((body) => JSON.parse(body).event);
        expect(status).to.equal(row ? 200 : 409);
        expect((await find(id)).state).to.equal(row?.to ?? state);
        expect(events).to.deep.equal(row?.event ? [row.event] : []);
      });
    }
  }

  it('goes back to Resolved instead of Bot when an agent had it before', async () => {
    for (const name of ['cancel', 'dismiss']) {
      const { id } = await inState('Resolved');
      await steps.escalate!(id);
      await steps[name]!(id);
      expect((await find(id)).state).to.equal('Resolved');
    }
  });

  it('escalates on the web channel only, and only with takeover on', async () => {
    const { id } = await begin('slack');
    const closed = await openBot(house, [ann], { humanTakeover: false });
    const made = await house.conversations.create(closed.id, { channelType: 'web' }, admin, null, at());

    expect(await statusOf(steps.escalate!(id))).to.equal(409);
    expect(await statusOf(steps.claim!(id, ann))).to.equal(409);
    expect(await statusOf(steps.escalate!(made.conversation.id))).to.equal(409);
    expect(await statusOf(steps.claim!(made.conversation.id, ann))).to.equal(409);
    expect(await eventsOf(house, id)).to.have.length(1);
    expect(await eventsOf(house, made.conversation.id)).to.have.length(1);
  });

  it('lets an agent claim what waits although takeover was switched off meanwhile', async () => {
    const bot = await openBot(house, [ann]);
    const made = await house.conversations.create(bot.id, { channelType: 'web' }, admin, null, at());
    await steps.escalate!(made.conversation.id);
    await house.hookbell.bots.change(bot.id, { humanTakeover: false }, admin, at());

    expect((await steps.claim!(made.conversation.id, ann)).conversation.state).to.equal('Active');
  });

  it('knows only agents of the bot, and admins', async () => {
    const { id } = await inState('Escalated');
    for (const name of ['claim', 'dismiss']) expect(await statusOf(steps[name]!(id, stranger))).to.equal(403);
    expect(await statusOf(steps.claim!(id, admin))).to.equal(200);
  });

  it('is handed back and passed on by the claimer or an admin', async () => {
    const { id } = await inState('Active');
    expect(await statusOf(steps.release!(id, bob))).to.equal(403);
    expect(await statusOf(steps.transfer!(id, bob))).to.equal(403);
    expect((await steps.transfer!(id, admin)).conversation.claimedBy?.name).to.equal(bob.name);
    expect(await statusOf(steps.release!(id, ann))).to.equal(403);
    expect((await steps.release!(id, admin)).conversation.state).to.equal('Resolved');
  });

  it('is passed on only to somebody who sees the bot', async () => {
    const { id } = await inState('Active');
    expect(await statusOf(house.conversations.transfer(id, stranger.id, ann, at()))).to.equal(422);
    expect(await statusOf(house.conversations.transfer(id, 'nobody', ann, at()))).to.equal(422);
    expect((await find(id)).claimedBy?.id).to.equal(ann.id);
  });

  it('gives the winner the same answer again, without a second event', async () => {
    const { id } = await inState('Escalated');
    const first = await steps.claim!(id, ann);
    const second = await steps.claim!(id, ann);
    expect([first.moved, second.moved]).to.deep.equal([true, false]);
    expect(await eventsOf(house, id)).to.have.length(3);
  });

  it('writes each change into the audit log and tells it in the conversation', async () => {
    const { id } = await inState('Resolved');
    await steps.escalate!(id);
    await steps.cancel!(id);

    const log = await house.hookbell.deps.db('audit_log').where({ subject_id: id }).orderBy('id');
    const messages = await house.conversations.messagesAfter(id, 0, 50);
    const words = ['claimed', 'released', 'escalated', 'cancelled'];
    expect(log.map((row) => row.action)).to.deep.equal(
      ['started', ...words].map((word) => `conversation.${word}`),
    );
    expect(log.map((row) => row.actor)).to.deep.equal([
      `${admin.name} (${admin.email})`,
      `${ann.name} (${ann.email})`,
      `${ann.name} (${ann.email})`,
      'Visitor',
      'Visitor',
    ]);
    expect(messages.map(({ kind }) => kind)).to.deep.equal(words);
    expect(messages.map(({ sender }) => sender)).to.deep.equal(words.map(() => 'system'));
    expect(messages.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4]);
  });

  it('writes nothing at all when one of its writes fails', async () => {
    const { id } = await inState('Bot');
    const broken = house.hookbell.deps.db;
    const mend = await refuseInserts(broken, 'events');
    const outcome = await steps.escalate!(id).catch((error: Error) => error.message);
    await mend();

    expect(outcome).to.match(/disk full/);
    expect((await find(id)).state).to.equal('Bot');
    expect(await house.conversations.messagesAfter(id, 0, 9)).to.deep.equal([]);
    expect(
      await broken('audit_log').where({ subject_id: id, action: 'conversation.escalated' }),
    ).to.deep.equal([]);
  });

  it('is served after its agent was removed: an admin hands it back', async () => {
    const temp = await hire(house);
    await house.hookbell.bots.setAgents(botId, [ann.id, bob.id, temp.id], admin, at());
    const { id } = await begin();
    await steps.claim!(id, temp);
    await house.hookbell.accounts.removeUser(temp.id, admin, at());

    expect((await find(id)).claimedBy).to.equal(null);
    expect(await statusOf(steps.claim!(id, ann))).to.equal(409);
    expect((await steps.release!(id, admin)).conversation.state).to.equal('Resolved');
  });
});
