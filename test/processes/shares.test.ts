import { expect } from 'chai';
import { type Share, shareOf } from '../../src/delivery/share.js';
import { giveBack } from '../../src/outbox/claim.js';
import { eventually } from '../support/eventually.js';
import { emit, type Hook, makeHook } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { emptyDatabase, shared } from './house.js';

describe('processes that share deliveries', function () {
  this.timeout(60_000);
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let receiver: Receiver;
  /** Has the pages; delivers nothing. */
  let web: Running;
  let running: Running[];

  const start = async (more: Record<string, string> = {}) => {
    const one = await startHookbell({ env: { ...shared(database.url), ...more } });
    running.push(one);
    return one;
  };
  const stop = async (one: Running) => {
    running = running.filter((other) => other !== one);
    await one.stop();
  };
  const db = () => web.hookbell.deps.db;

  before(async () => {
    database = await emptyDatabase();
  });
  beforeEach(async () => {
    running = [];
    receiver = await startReceiver();
    web = await start({ ROLE: 'web' });
  });
  afterEach(async () => {
    await db()('deliveries').update({ status: 'delivered', lease_until: null, finished_at: 1 });
    await Promise.all(running.map(stop));
    await receiver.close();
  });
  after(() => database.stop());

  const hooks = async (count: number): Promise<Hook[]> => {
    const made = [];
    for (let n = 0; n < count; n++) made.push(await makeHook(web, `${receiver.url}/${n}`));
    return made;
  };
  const pick = (ids: Set<string>, among: string[]) => among.filter((id) => ids.has(id));

  describe('a share', () => {
    let [one, other]: Share[] = [];
    let ids: string[];

    beforeEach(async () => {
      ids = (await hooks(40)).map(({ id }) => id);
      const config = { deliveryTimeout: 1_000 };
      one = shareOf(db(), config);
      other = shareOf(db(), config);
      await one.look();
      await other.look();
      await one.look();
    });
    afterEach(() => Promise.all([one!.leave(), other!.leave()]));

    it('gives each webhook to one of them, about as many to each, and all to who is left', async () => {
      const ofOne = ids.filter(one!.isOurs);
      expect(ids.filter((id) => !other!.isOurs(id))).to.deep.equal(ofOne);
      expect(ofOne.length).to.be.within(5, 35);
      await other!.leave();
      await one!.look();
      expect(ids.filter(one!.isOurs)).to.deep.equal(ids);
    });

    it('is taken by one, whoever else wants it, until its lease has ended', async () => {
      const [first, second] = await Promise.all([one!.take(ids), other!.take(ids)]);
      expect([...first, ...second].sort()).to.deep.equal([...ids].sort());
      const lost = ids.filter((id) => first.has(id));
      expect(await other!.take(lost)).to.deep.equal(new Set());
      await db()('lanes').whereIn('webhook_id', lost).update({ until: 1 });
      expect(await other!.take(lost)).to.deep.equal(new Set(lost));
    });

    it('covers an attempt that ends before the lease does, and asks anew after one that it did not', async () => {
      const [id] = ids as [string];
      await one!.take([id]);
      expect(one!.covers(id, 10_000)).to.equal(true);
      expect(one!.covers(id, 12_000)).to.equal(false);
      expect(one!.covers(id, 1)).to.equal(false);
      await db()('lanes').where({ webhook_id: id }).update({ until: 1 });
      await other!.take([id]);
      expect(pick(await one!.take([id]), ids)).to.deep.equal([]);
    });

    it('lasts as long as the webhook’s own timeout, up to a minute', async () => {
      const [own, long] = ids as [string, string];
      await db()('webhooks').where({ id: own }).update({ timeout_ms: 30_000 });
      await db()('webhooks').where({ id: long }).update({ timeout_ms: 3_600_000 });
      await one!.take([own, long]);
      expect([one!.covers(own, 30_000), one!.covers(long, 3_600_000)]).to.deep.equal([true, true]);
      const [{ left }] = (await db().raw('SELECT max(until) - min(until) AS left FROM lanes')).rows;
      // Each row of the statement reads the clock for itself.
      expect(Number(left)).to.be.closeTo(30_000, 1_000);
    });
  });

  it('send each delivery once, each webhook by one of them', async () => {
    const made = await hooks(12);
    await Promise.all([start(), start()]);
    for (let round = 1; round <= 5; round++) for (const { botId } of made) await emit(web, botId, round);
    const received = await receiver.wait(60);
    const ids = received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).to.equal(60);
    const lanes = await db()('lanes').whereIn(
      'webhook_id',
      made.map(({ id }) => id),
    );
    expect(lanes).to.have.length(12);
    expect(new Set(lanes.map(({ token }) => token)).size).to.equal(2);
  });

  it('leave what falls to one that has come, and all of it when they stop', async () => {
    const made = await hooks(12);
    const first = await start();
    for (const { botId } of made) await emit(web, botId);
    await receiver.wait(12);
    const holders = async () => new Set(await db()('lanes').pluck('token')).size;
    expect(await holders()).to.equal(1);
    await start();
    await eventually('both have some', async () => {
      for (const { botId } of made) await emit(web, botId);
      return (await holders()) === 2;
    });
    await stop(first);
    await eventually('nothing waits', async () => {
      const waiting = await db()('deliveries').whereNot({ status: 'delivered' }).first();
      return waiting === undefined;
    });
    for (const { botId } of made) await emit(web, botId);
    await eventually('one has all', async () => (await holders()) === 1);
  });

  it('hold at once what is paused through another process, and go on when it is resumed there', async () => {
    const [hook] = (await hooks(1)) as [Hook];
    const worker = await start();
    const answers: (() => void)[] = [];
    receiver.answer((_req, res) => void answers.push(() => res.end()));
    for (let n = 0; n < 3; n++) await emit(web, hook.botId, n);
    await receiver.wait(1);
    const { webhooks } = web.hookbell;
    const admin = { id: null, name: 'Ada', email: 'ada@example.com', role: 'admin' } as const;
    await webhooks.pause(hook.id, admin, Date.now());
    await eventually('nothing is claimed ahead', async () => {
      const sending = await db()('deliveries').where({ status: 'sending' });
      return sending.length === 1;
    });
    answers.shift()!();
    await eventually('the first is settled', async () => {
      const sending = await db()('deliveries').where({ status: 'sending' });
      return sending.length === 0;
    });
    expect(receiver.received).to.have.length(1);
    receiver.answer(200);
    await webhooks.resume(hook.id, admin, Date.now());
    await receiver.wait(3);
    expect(worker.logged()).not.to.include('"level":50');
  });

  it('give back what has ended without waiting for what somebody holds', async () => {
    const made = await hooks(2);
    for (const { botId } of made) await emit(web, botId);
    await db()('deliveries').update({ status: 'sending', lease_token: 'of the dead', lease_until: 1 });
    const ofHook = ({ id }: Hook) => db()('deliveries').where({ webhook_id: id });
    await db().transaction(async (tx) => {
      await tx('deliveries').where({ webhook_id: made[0]!.id }).forUpdate().first();
      await giveBack(db(), Date.now());
      expect(await ofHook(made[1]!).first()).to.include({ status: 'pending' });
    });
    expect(await ofHook(made[0]!).first()).to.include({ status: 'sending' });
    await giveBack(db(), Date.now());
    expect(await ofHook(made[0]!).first()).to.include({ status: 'pending' });
  });

  it('begin a transaction again that was in the way of another', async () => {
    const [hook] = (await hooks(1)) as [Hook];
    await db().raw('CREATE SEQUENCE tried');
    await db().raw(`CREATE FUNCTION be_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('tried') <= 2 THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END IF;
        RETURN NULL;
      END $$`);
    await db().raw('CREATE TRIGGER in_the_way AFTER INSERT ON attempts EXECUTE FUNCTION be_in_the_way()');
    const worker = await start();
    await emit(web, hook.botId);
    await receiver.wait(1);
    await eventually('it is settled', () =>
      db()('deliveries').where({ webhook_id: hook.id, status: 'delivered' }).first(),
    );
    await db().raw('DROP TRIGGER in_the_way ON attempts');
    expect(receiver.received).to.have.length(1);
    expect(worker.logged()).not.to.include('"level":50');
    expect((await db()('attempts').count({ count: '*' }).first())?.count).to.equal(1);
  });
});
