import { expect } from 'chai';
import { type Agent, calls, eventsOf, type House, hire, openBot, startHouse } from './house.js';

describe('agents who race', () => {
  let house: House;
  let agents: Agent[];
  let botId: string;

  before(async () => {
    house = await startHouse();
    agents = await Promise.all(Array.from({ length: 8 }, () => hire(house)));
    botId = (await openBot(house, agents)).id;
  });

  after(() => house.stop());

  const at = () => house.now();

  async function waiting(): Promise<string> {
    const { conversation } = await house.conversations.create(
      botId,
      { channelType: 'web' },
      agents[0]!,
      null,
      at(),
    );
    await house.conversations.escalate(conversation.id, { userEmail: 'robin@example.com' }, null, null, at());
    return conversation.id;
  }

  it('have one winner and one event in each of 200 rounds, and the losers learn who it was', async () => {
    for (let round = 0; round < 200; round++) {
      const racers = agents.slice(0, 2 + (round % 7));
      const id = await waiting();

      const answers = await Promise.all(
        racers.map(async (agent) => ({
          agent,
          answer: await calls(house, agent).post(`/conversations/${id}/claim`),
        })),
      );

      const winners = answers.filter(({ answer }) => answer.status === 200);
      const losers = answers.filter(({ answer }) => answer.status === 409);
      expect([winners.length, losers.length]).to.deep.equal([1, racers.length - 1]);
      const { name, email } = winners[0]!.agent;
      for (const { answer } of losers) expect(answer.body.detail).to.contain(`${name} (${email})`);
      const events = (await eventsOf(house, id)).map((body) => JSON.parse(body));
      expect(events.map(({ event }) => event)).to.deep.equal([
        'conversation.started',
        'conversation.escalated',
        'conversation.claimed',
      ]);
      expect(events[2].agent).to.deep.equal({ name, email });
    }
  }).timeout(60_000);

  it('hand back once, though the claimer and an admin do it at the same time', async () => {
    const admin = await hire(house, 'admin');
    for (let round = 0; round < 20; round++) {
      const id = await waiting();
      await house.conversations.claim(id, agents[0]!, at());

      const answers = await Promise.all(
        [agents[0]!, admin, agents[0]!, admin].map((by) =>
          calls(house, by).post(`/conversations/${id}/release`),
        ),
      );

      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409, 409]);
      expect(await eventsOf(house, id)).to.have.length(4);
    }
  });

  it('leave a conversation in one state when a visitor cancels while they claim', async () => {
    for (let round = 0; round < 40; round++) {
      const id = await waiting();

      const [cancelled, claimed] = await Promise.allSettled([
        house.conversations.cancel(id, at()),
        house.conversations.claim(id, agents[1]!, at()),
      ]);

      const { state } = (await house.conversations.find(id))!;
      expect(state).to.equal('Active');
      expect(claimed.status).to.equal('fulfilled');
      const kinds = (await house.conversations.messagesAfter(id, 0, 9)).map(({ kind }) => kind);
      expect(kinds).to.deep.equal(
        cancelled.status === 'fulfilled' ? ['escalated', 'cancelled', 'claimed'] : ['escalated', 'claimed'],
      );
    }
  });

  it('tell of one escalation, however often it is asked for at once', async () => {
    const { conversation } = await house.conversations.create(
      botId,
      { channelType: 'web' },
      agents[0]!,
      null,
      at(),
    );
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        calls(house, agents[0]!).post(`/conversations/${conversation.id}/escalate`, {
          userEmail: 'robin@example.com',
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(10).fill(200));
    expect(await eventsOf(house, conversation.id)).to.have.length(2);
  });
});
