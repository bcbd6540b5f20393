import { expect } from 'chai';
import { type Claimed, claim } from '../../src/outbox/claim.js';
import { settle } from '../../src/outbox/settle.js';
import { release } from '../../src/replays/release.js';
import { eventually } from '../support/eventually.js';
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
  const untilSoManyWait = (count: number) =>
    eventually('they wait for locks', async () => {
      const { rows } = await db().raw(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length === count;
    });

  it('an event that is written while the one before it ends goes on its way, ended first', async () => {
    await happen('one');
    const claimed = await take();
    const tx = await db().transaction();
    await settle(tx, [...delivered(claimed)]);
    const second = happen('two');
    await untilSoManyWait(1);
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
    await untilSoManyWait(1);
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
      await untilSoManyWait(1);
      await tx.commit();
      await other;
      expect(await nextAttempts()).to.deep.equal([
        ['delivered', null],
        ['pending', isEndedFirst ? 4_000 : 3_000],
      ]);
    }
  });

  it('two webhooks that hear the same are in nobody’s way', async () => {
    const other = await makeHook(running, 'http://127.0.0.1:1/', hook.botId);
    await happen('one');
    const wants = [hook, other].map(({ id }) => ({ webhookId: id, limit: 1 }));
    const claimed = await claim(db(), wants, { token: 'ours', until: 60_000 }, 5_000);
    const [last, first] = claimed.sort((one, next) => (one.webhookId < next.webhookId ? 1 : -1));
    const tx = await db().transaction();
    await tx('deliveries').where({ seq: last!.seq }).forUpdate().first();
    // Whoever ends both must not hold one that the event that is written waits for, and wait for the other.
    const settling = db().transaction((one) => settle(one, [...delivered(last!), ...delivered(first!)]));
    await untilSoManyWait(1);
    const second = happen('two');
    await untilSoManyWait(2);
    await tx.commit();
    await Promise.all([settling, second]);
    const waiting = await db()('deliveries')
      .whereIn('webhook_id', [hook.id, other.id])
      .where({ status: 'pending' });
    expect(waiting.map(({ next_attempt_at }) => next_attempt_at)).to.deep.equal([1_000, 1_000]);
  });
});
