import { expect } from 'chai';
import knex from 'knex';
import supertest from 'supertest';
import { forgetRateLimits, rateLimits, waitOf } from '../../src/http/rateLimits.js';
import { caller } from '../support/caller.js';
import { engine } from '../support/engine.js';
import { keyHolder, password, userIn } from '../support/people.js';
import { twoOnOne } from '../support/twoProcesses.js';
import { visitor } from '../support/visitor.js';

// On SQLite there is one process.
const onPostgres = engine === 'postgres' ? describe : () => {};

onPostgres('limits over two processes', () => {
  let both: Awaited<ReturnType<typeof twoOnOne>>;
  beforeEach(async () => {
    both = await twoOnOne({ env: { HOOK_RATE_LIMIT: '3' } });
  });
  afterEach(() => both.stop());

  it('count the calls of a trigger in both', async () => {
    const api = caller(both.one.url, (await keyHolder(both.one)).key);
    const bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const config = { entries: [{ title: 'Hours', text: 'From nine to five.' }] };
    const source = (await api.post(`/bots/${bot}/data-sources`, { name: 'Hours', type: 'text', config })).body
      .id;
    const trigger = { type: 'sync.trigger', dataSourceId: source };
    const hook = (await api.post(`/bots/${bot}/webhooks`, trigger)).body;
    const call = ({ url }: { url: string }) =>
      supertest(url)
        .post(new URL(hook.url).pathname)
        .then(({ status }) => status);

    const statuses = [];
    for (const one of [both.one, both.two, both.one, both.two, both.one]) statuses.push(await call(one));

    expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
  });

  it('count failed sign-ins in both, and forget them in both with a success', async () => {
    const { email } = await userIn(both.one.hookbell, 'admin');
    const trySigningIn = async ({ url }: { url: string }, word: string) =>
      (await visitor(url).submit('/login', { email, password: word })).status;

    for (const one of [both.one, both.two, both.one, both.two])
      expect(await trySigningIn(one, 'a guess')).to.equal(401);
    expect(await trySigningIn(both.two, password)).to.equal(303);
    for (const one of [both.one, both.two, both.one, both.two, both.one])
      expect(await trySigningIn(one, 'a guess')).to.equal(401);

    expect(await trySigningIn(both.two, password)).to.equal(429);
    expect(await trySigningIn(both.one, password)).to.equal(429);
  });

  it('let through exactly as many as they allow, of many at the same moment', async () => {
    const limit = { name: 'test', points: 10, duration: 60 };
    const limiters = [both.one, both.two].map(({ hookbell }) => rateLimits(hookbell.deps.db)(limit));
    const calls = Array.from({ length: 60 }, (_, n) => waitOf(limiters[n % 2]!, 'key'));
    expect((await Promise.all(calls)).filter((wait) => wait === null)).to.have.length(10);
  });

  it('keep no address, and nothing for longer than an hour after it was over', async () => {
    const { db } = both.one.hookbell.deps;
    const limiter = rateLimits(db)({ name: 'test', points: 1, duration: 60 });
    await waitOf(limiter, '198.51.100.1 ada@example.com');
    expect((await db('rate_limits').pluck('key')).join()).to.match(/^test:[\w-]{43}$/);

    await forgetRateLimits(db, Date.now() + 59 * 60_000);
    expect(await db('rate_limits')).to.have.length(1);
    await forgetRateLimits(db, Date.now() + 62 * 60_000);
    expect(await db('rate_limits')).to.have.length(0);
  });
});

describe('a limit whose database is away', () => {
  it('holds in this process', async () => {
    const connection = 'postgres://nobody:nothing@127.0.0.1:1/none';
    const db = knex({ client: 'pg', connection, log: { error: () => {} } });
    try {
      const limiter = rateLimits(db)({ name: 'test', points: 2, duration: 60, isStrict: true });
      const waits = [];
      for (let turn = 0; turn < 3; turn += 1) waits.push(await waitOf(limiter, 'key'));
      expect(waits.slice(0, 2)).to.deep.equal([null, null]);
      expect(waits[2]).to.be.within(1, 60_000);
      expect(await waitOf(limiter, 'another')).to.equal(null);
    } finally {
      await db.destroy();
    }
  });
});
