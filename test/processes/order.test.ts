import { expect } from 'chai';
import { type Claimed, claim } from '../../src/outbox/claim.js';
import { settle } from '../../src/outbox/settle.js';
import { release } from '../../src/replays/release.js';
import { type Hook, makeHook } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';
import { emptyDatabase, shared } from './house.js';

describe('the order of a conversation, over several processes', function () {
  this.timeout(60_000);
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let running: Running;
  let hook: Hook;

  before(async () => {
    database = await emptyDatabase();
    running = await startHookbell({ background: false, env: shared(database.url) });
  });
  beforeEach(async () => {
    hook = await makeHook(running, 'http://127.0.0.1:1/');
  });
  after(async () => {
    await running.stop();
    await database.stop();
  });

  const db = () => running.hookbell.deps.db;
  const event = (word: string) => ({ botId: hook.botId, type: 'sync.success', subject: hook.id, body: word });
  type Tx = Parameters<Parameters<ReturnType<typeof db>['transaction']>[0]>[0];
  const append = (tx: Tx, word: string) => running.hookbell.outbox.append(tx, event(word), 1_000);
  const happen = (word: string) => db().transaction((tx) => append(tx, word));
  const take = async (): Promise<Claimed> => {
    const want = { webhookId: hook.id, limit: 1 };
    return (await claim(db(), [want], { token: 'ours', until: 60_000 }, 2_000))[0]!;
  };
  const delivered = (claimed: Claimed) =>
    [{ claimed, attempt: null, next: { status: 'delivered', finishedAt: 3_000 } }] as const;
  const nextAttempts = async () => {
    const rows = await db()('deliveries').where({ webhook_id: hook.id }).orderBy('seq');
    return rows.map(({ status, next_attempt_at }) => [status, next_attempt_at]);
  };
  /** Whether it waits for somebody's lock. */
  const waits = async () => {
    const { rows } = await db().raw(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  };
  const untilItWaits = async () => {
    while (!(await waits())) await new Promise(setImmediate);
  };

  it('an event that is written while the one before it ends goes on its way, ended first', async () => {
    await happen('one');
    const claimed = await take();
    const tx = await db().transaction();
    await settle(tx, [...delivered(claimed)]);
    const second = happen('two');
    await untilItWaits();
    await tx.commit();
    await second;
    expect(await nextAttempts()).to.deep.equal([
      ['delivered', null],
      ['pending', 1_000],
    ]);
  });

  it('an event that is written while the one before it ends goes on its way, written first', async () => {
    await happen('one');
    const claimed = await take();
    const tx = await db().transaction();
    await append(tx, 'two');
    const settling = db().transaction((other) => settle(other, [...delivered(claimed)]));
    await untilItWaits();
    await tx.commit();
    await settling;
    expect(await nextAttempts()).to.deep.equal([
      ['delivered', null],
      ['pending', 3_000],
    ]);
  });

  it('what a replay puts back while the one before it ends goes on its way, whichever is first', async () => {
    for (const isEndedFirst of [true, false]) {
      hook = await makeHook(running, 'http://127.0.0.1:1/');
      await happen('one');
      await happen('two');
      const [first, second] = await db()('deliveries').where({ webhook_id: hook.id }).orderBy('seq');
      await db()('deliveries').where({ seq: second.seq }).update({ status: 'failed', finished_at: 1_500 });
      const claimed = await take();
      expect(claimed.seq).to.equal(first.seq);
      const replay = {
        webhookId: hook.id,
        since: 0,
        until: null,
        status: 'failed',
        asOf: 2_000,
        inOrder: true,
      };
      const putBack = (tx: Tx) => release(tx, replay as Parameters<typeof release>[1], [second.seq], 4_000);
      const end = (tx: Tx) => settle(tx, [...delivered(claimed)]);
      const [now, later] = isEndedFirst ? [end, putBack] : [putBack, end];
      const tx = await db().transaction();
      await now(tx);
      const other = db().transaction<unknown>(later);
      await untilItWaits();
      await tx.commit();
      await other;
      expect(await nextAttempts()).to.deep.equal([
        ['delivered', null],
        ['pending', isEndedFirst ? 4_000 : 3_000],
      ]);
    }
  });

  it('many at once, of many conversations, end in no deadlock', async () => {
    const subjects = Array.from({ length: 30 }, (_, n) => `conversation ${n} of ${hook.id}`);
    const say = (subject: string) =>
      db().transaction((tx) => running.hookbell.outbox.append(tx, { ...event('word'), subject }, 1_000));
    for (const subject of subjects) await say(subject);
    for (let round = 0; round < 20; round++) {
      const want = { webhookId: hook.id, limit: 20 };
      const claimed = await claim(db(), [want], { token: 'ours', until: 60_000 }, 5_000);
      const halves = [claimed.filter(({ seq }) => seq % 2), claimed.filter(({ seq }) => seq % 2 === 0)];
      await Promise.all([
        ...halves.map((half) =>
          db().transaction((tx) =>
            settle(
              tx,
              half.reverse().flatMap((one) => [...delivered(one)]),
            ),
          ),
        ),
        ...subjects.slice(0, 8).map(say),
      ]);
    }
    const stuck = await db()('deliveries')
      .where({ webhook_id: hook.id, status: 'pending' })
      .groupBy('subject')
      .havingRaw('count(next_attempt_at) = 0')
      .select('subject');
    expect(stuck).to.deep.equal([]);
  });
});
