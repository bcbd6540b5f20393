import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { visitorOf } from './chat.js';
import { type Agent, calls, type House, hire, openBot, startHouse } from './house.js';

describe('who a visitor is', () => {
  let house: House;
  let agent: Agent;
  let botId: string;
  before(async () => {
    house = await startHouse();
    agent = await hire(house);
    botId = (await openBot(house, [agent])).id;
  });
  after(() => house.stop());

  const started = async () => {
    const visitor = visitorOf(house.url, botId);
    await visitor.start('Hello');
    await eventually('the bot has answered', async () => (await visitor.messages()).length === 2);
    return visitor;
  };
  const identify = (visitor: ReturnType<typeof visitorOf>, userData: unknown) =>
    visitor.ask('POST', `/${visitor.id}/identify`, { userData });
  const stored = async (id: string) => (await calls(house, agent).get(`/conversations/${id}`)).body;

  it('is added to what is known, and tells nobody else', async () => {
    const visitor = await started();
    const { lastMessageAt } = await stored(visitor.id);
    house.pass(1000);
    const { status, body } = await identify(visitor, { name: 'Ann', plan: 'Free' });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ state: 'Bot', agent: null, mayEscalate: true });
    await identify(visitor, { plan: 'Pro', seats: 3 });
    const now = await stored(visitor.id);
    expect(now.userData).to.deep.equal({ name: 'Ann', plan: 'Pro', seats: 3 });
    expect(now).to.include({ lastMessageAt, userEmail: null });
  });

  it('loses nothing when several are said at once', async () => {
    const visitor = await started();
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => identify(visitor, { [name]: 1 })));
    expect(Object.keys((await stored(visitor.id)).userData).sort()).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('is at most 16 KB in all, and an object', async () => {
    const visitor = await started();
    expect((await identify(visitor, { one: 'x'.repeat(9000) })).status).to.equal(200);
    const tooMuch = await identify(visitor, { two: 'x'.repeat(9000) });
    expect([tooMuch.status, tooMuch.body.errors]).to.deep.equal([
      422,
      [{ path: 'userData', message: 'At most 16 KB of JSON in all' }],
    ]);
    for (const wrong of ['Ann', ['Ann'], null, undefined, 7])
      expect((await identify(visitor, wrong)).status, String(wrong)).to.equal(422);
    expect(Object.keys((await stored(visitor.id)).userData)).to.deep.equal(['one']);
  });

  it('is said by the visitor alone, and not without end', async () => {
    const [visitor, another] = [await started(), await started()];
    another.id = visitor.id;
    expect((await identify(another, { name: 'Eve' })).status).to.equal(404);
    another.token = '';
    expect((await identify(another, { name: 'Eve' })).status).to.equal(401);
    const answers = await Promise.all(Array.from({ length: 31 }, () => identify(visitor, { name: 'Ann' })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).to.have.length(1);
    expect(Number(refused[0]!.headers.get('retry-after'))).to.be.within(1, 60);
    expect((await stored(visitor.id)).userData).to.deep.equal({ name: 'Ann' });
  });
});
