import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createHolding, type Release } from '../../src/receivers/holding.js';
import { eventually } from '../support/eventually.js';
import type { admin } from '../support/outbox.js';
import type { Running } from '../support/server.js';
import { makeReceiver, received, requestsOf, startStrict } from './house.js';

const day = 24 * 3_600_000;

describe('a test receiver is bounded', () => {
  let running: Running;
  beforeEach(async () => {
    running = await startStrict();
  });
  afterEach(() => running.stop());

  const count = async (table: string) =>
    Number((await running.hookbell.deps.db(table).count({ n: '*' }))[0]!.n);

  it('reads 1 MiB of a body, and keeps 64 KiB', async () => {
    const { receiver, url } = await makeReceiver(running);
    const whole = await fetch(url, { method: 'POST', body: 'x'.repeat(1024 * 1024) });
    expect(whole.status).to.equal(200);
    const [kept] = await running.hookbell.deps.db('receiver_requests').select('body', 'size');
    expect([kept.body.length, kept.size]).to.deep.equal([64 * 1024, 1024 * 1024]);

    const more = await fetch(url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) }).catch(() => null);
    const [request] = await received(running, receiver, 2);
    expect(request).to.include({ end: 'too-large' });
    expect(request!.verdict.because).to.include('larger than 1 MiB');
    expect(request!.body.length).to.equal(8 * 1024);
    expect(more?.status).to.equal(413);
    expect(more?.headers.get('connection')).to.equal('close');
  });

  it('keeps the newest 100 requests', async () => {
    const { receiver, url } = await makeReceiver(running);
    const other = await makeReceiver(running);
    await fetch(other.url);
    for (let number = 1; number <= 103; number++) {
      await fetch(url, { method: 'POST', body: String(number) });
    }
    const all = await requestsOf(running, receiver);
    expect(all.map(({ body }) => Number(body))).to.deep.equal(Array.from({ length: 100 }, (_, n) => 103 - n));
    expect(await requestsOf(running, other.receiver)).to.have.length(1);
  });

  it('takes 600 requests a minute, and then says when to come back', async () => {
    const { receiver, url } = await makeReceiver(running);
    const { url: other } = await makeReceiver(running);
    const statuses: number[] = [];
    const ask = async () => {
      for (let left = 151; left > 0; left--) {
        const answer = await fetch(url);
        statuses.push(answer.status);
        if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60);
        await answer.text();
      }
    };
    await Promise.all([ask(), ask(), ask(), ask()]);
    expect(statuses.filter((status) => status === 200)).to.have.length(600);
    expect(statuses.filter((status) => status === 429)).to.have.length(4);
    expect((await fetch(other)).status).to.equal(200);
    expect((await requestsOf(running, receiver)).every(({ end }) => end === 'answered')).to.equal(true);
  });

  it('keeps 50 senders waiting at once, and refuses the next', async () => {
    const { receiver, url } = await makeReceiver(running, { kind: 'none', seconds: null });
    const leave = new AbortController();
    const waiting = Array.from({ length: 50 }, () =>
      fetch(url, { signal: leave.signal }).catch(() => 'left'),
    );
    const { holding } = running.hookbell.receivers;
    await eventually('50 wait', () => holding.count() === 50);
    const refused = await fetch(url);
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '5']);

    leave.abort();
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['left']));
    const all = await received(running, receiver, 51);
    expect(all.filter(({ end }) => end === 'too-many')).to.have.length(1);
    expect(all.filter(({ end }) => end === 'left')).to.have.length(50);
    expect(holding.count()).to.equal(0);
  });

  it('is one of 20 a person, and of 50 in all', async () => {
    const { receivers, deps } = running.hookbell;
    const people = await Promise.all([1, 2, 3].map(async (n) => userRow(running, `person-${n}`)));
    for (const [index, person] of people.entries()) {
      for (let made = 0; made < [20, 20, 9][index]!; made++) await receivers.create(person, deps.clock());
    }
    const refusal = (actor: typeof admin) =>
      receivers.create(actor, deps.clock()).then(
        () => null,
        (error: Error) => error.message,
      );
    expect(await refusal(people[0]!)).to.include('You have 20 test receivers already');
    expect(await refusal(people[2]!)).to.equal(null);
    expect(await refusal(people[2]!)).to.include('There are 50 test receivers already');
    expect(await count('receivers')).to.equal(50);
  });

  it('goes when it was not used for 7 days, and with it all it got', async () => {
    const { url } = await makeReceiver(running);
    const used = await makeReceiver(running);
    await fetch(url);
    await fetch(used.url);
    running.pass(6 * day);
    await fetch(used.url);
    running.pass(1.5 * day);
    expect((await fetch(url)).status, 'not even before it is pruned').to.equal(404);
    await running.hookbell.receivers.prune(running.hookbell.deps.clock());
    expect([await count('receivers'), await count('receiver_requests')]).to.deep.equal([1, 2]);
    expect((await fetch(used.url)).status).to.equal(200);
    const [entry] = await running.hookbell.accounts.auditPage(1, null);
    expect(entry).to.deep.include({
      action: 'test-receiver.deleted',
      actor: 'Hookbell',
      details: { reason: 'not used for 7 days' },
    });
  });

  it('lets go of everybody when the server stops, and keeps nobody from then on', async () => {
    const { receiver, url } = await makeReceiver(running, { kind: 'none', seconds: null });
    const waiting = fetch(url).catch(() => 'let go');
    await eventually('it waits', () => running.hookbell.receivers.holding.count() === 1);
    await running.hookbell.receivers.stop();
    expect(await waiting).to.equal('let go');
    expect((await requestsOf(running, receiver))[0]).to.include({ end: 'stopped' });
    expect((await fetch(url)).status).to.equal(503);
  });
});

async function userRow({ hookbell }: Running, name: string) {
  const user = { id: name, name, email: `${name}@example.com`, role: 'agent' as const };
  await hookbell.deps.db('users').insert({ ...user, password_hash: '-', created_at: 0 });
  return user;
}

describe('whoever is kept waiting', () => {
  let server: Server;
  let url: string;
  const held: Promise<Release>[] = [];
  const holding = createHolding({ most: 2, longest: 30 });
  before(async () => {
    server = createServer((_req, res) => {
      held.push(new Promise((resolve) => void holding.hold(res, null, async (how) => resolve(how))));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is let go after the longest time', async () => {
    const asked = fetch(url).catch(() => 'cut');
    await eventually('it waits', () => held.length === 1);
    expect(await held[0]).to.equal('over');
    expect(holding.count()).to.equal(0);
    server.closeAllConnections();
    expect(await asked).to.equal('cut');
  });
});
