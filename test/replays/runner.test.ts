import { expect } from 'chai';
import { turnOf } from '../../src/replays/pace.js';
import { release } from '../../src/replays/release.js';
import { replayRunner } from '../../src/replays/runner.js';
import type { Order } from '../../src/replays/service.js';
import { eventually } from '../support/eventually.js';
import { admin } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { failedHook, finished, statuses } from './ground.js';

const all: Order = { since: 0, until: null, status: 'failed', perSecond: null };

describe('a replay, turn by turn', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(() => running.stop());

  const pendingOf = async (webhookId: string) =>
    (await statuses(running.hookbell.deps.db, webhookId)).filter((status) => status === 'pending').length;

  it('puts back a second’s worth each second, however long nothing could be put back', async () => {
    const { replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 55);
    await replays.start(hook.id, { ...all, perSecond: 10 }, admin, at);
    const seen: number[] = [];
    for (const after of [0, 1, 500, 1_000, 1_990, 3_001, 60_000, 60_001, 61_000]) {
      await replaying.sweep(at + after);
      seen.push(await pendingOf(hook.id));
    }
    expect(seen).to.deep.equal([10, 10, 15, 20, 29, 39, 49, 49, 55]);
    const [replay] = await replays.latestOf(hook.id, 1);
    expect(replay).to.include({ state: 'done', done: 55, total: 55 });
  });

  it('goes from the oldest to the newest, back to the start of the schedule, and keeps ids and attempts', async () => {
    const { deps, replays, replaying } = running.hookbell;
    const { hook, ids, at } = await failedHook(running, 'http://127.0.0.1:9/', 4);
    await replays.start(hook.id, { ...all, perSecond: 3 }, admin, at);
    await replaying.sweep(at);
    const rows = await deps.db('deliveries').where({ webhook_id: hook.id }).orderBy('seq');
    expect(rows.map(({ id }) => id)).to.deep.equal(ids);
    expect(rows.map(({ status }) => status)).to.deep.equal(['pending', 'pending', 'pending', 'failed']);
    for (const row of rows.slice(0, 3)) {
      expect(row).to.include({ step: 0, attempts: 1, next_attempt_at: at, finished_at: null });
    }
  });

  it('picks by time and status: from since on, before until, and what had finished when it began', async () => {
    const { deps, replays, replaying } = running.hookbell;
    const { hook } = await failedHook(running, 'http://127.0.0.1:9/', 0);
    const at = deps.clock();
    const picked = async (order: Partial<Order>) => {
      await deps.db('deliveries').where({ webhook_id: hook.id }).delete();
      const rows = [
        { createdAt: at - 3_001 },
        { createdAt: at - 3_000 },
        // The clock was set back, and right again.
        { createdAt: at - 9_000 },
        { createdAt: at - 2_000, status: 'delivered' as const },
        { createdAt: at - 1_500, finishedAt: at + 10 },
        { createdAt: at - 1_000 },
      ];
      await finished(deps.db, hook, rows, at);
      const replay = await replays.start(hook.id, { ...all, ...order }, admin, at);
      await replaying.sweep(at);
      const now = await statuses(deps.db, hook.id);
      const which = now.flatMap((status, place) => (status === 'pending' ? place : []));
      expect(replay.total, 'what was promised').to.equal(which.length);
      return which;
    };
    expect(await picked({})).to.deep.equal([0, 1, 2, 5]);
    expect(await picked({ since: at - 3_000 })).to.deep.equal([1, 5]);
    expect(await picked({ since: at - 3_000, until: at - 1_000 })).to.deep.equal([1]);
    expect(await picked({ status: 'delivered' })).to.deep.equal([3]);
    expect(await picked({ status: 'finished', since: at - 3_000 })).to.deep.equal([1, 3, 5]);
    expect(await picked({ since: at - 100 })).to.deep.equal([]);
  });

  it('has only the first of a conversation in line, unless order does not count', async () => {
    const { deps, replays, replaying } = running.hookbell;
    const { hook } = await failedHook(running, 'http://127.0.0.1:9/', 0);
    const at = deps.clock();
    const rows = ['one', 'two', 'one', null, 'one'].map((subject) => ({ subject }));
    await finished(deps.db, hook, rows, at);
    const due = async () =>
      (await deps.db('deliveries').where({ webhook_id: hook.id }).orderBy('seq')).map(
        (row) => row.next_attempt_at,
      );
    await replays.start(hook.id, { ...all, perSecond: 2 }, admin, at);
    for (const after of [0, 1_000, 2_000]) await replaying.sweep(at + after);
    expect(await due()).to.deep.equal([at, at, null, at + 1_000, null]);

    await deps.db('deliveries').where({ webhook_id: hook.id }).update({ status: 'failed', finished_at: at });
    await deps.db('webhooks').where({ id: hook.id }).update({ in_order: false });
    await replays.start(hook.id, all, admin, at);
    await replaying.sweep(at);
    expect(await due()).to.deep.equal([at, at, at, at, at]);
  });

  it('leaves out, and counts as left out, what was removed or sent again since it began', async () => {
    const { deps, replays, replaying } = running.hookbell;
    const { hook, ids, at } = await failedHook(running, 'http://127.0.0.1:9/', 6);
    await replays.start(hook.id, { ...all, perSecond: 2 }, admin, at);
    await replaying.sweep(at);
    await deps.db('deliveries').where({ id: ids[2] }).delete();
    await deps
      .db('deliveries')
      .where({ id: ids[3] })
      .update({ finished_at: at + 500 });
    for (const after of [1_000, 2_000]) await replaying.sweep(at + after);
    const [replay] = await replays.latestOf(hook.id, 1);
    expect(replay).to.include({ state: 'done', done: 4, total: 6 });
    const audited = await deps.db('audit_log').where({ subject_id: hook.id }).orderBy('id', 'desc').first();
    expect(audited.action).to.equal('webhook.replay-finished');
    expect(JSON.parse(audited.details)).to.deep.equal({ deliveries: 4, skipped: 2 });
  });

  it('is moved on by one process only, however many try', async () => {
    const { deps, replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 40);
    await replays.start(hook.id, { ...all, perSecond: 10 }, admin, at);
    const other = replayRunner(deps, { courier: { wake: () => undefined } });
    await Promise.all([replaying.sweep(at), other.sweep(at), replaying.sweep(at)]);
    expect(await pendingOf(hook.id)).to.equal(10);
    expect((await replays.latestOf(hook.id, 1))[0]).to.include({ state: 'running', done: 10 });
  });

  it('puts nothing back that was removed or sent again after it was picked', async () => {
    const { db } = running.hookbell.deps;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 4);
    const rows = await db('deliveries').where({ webhook_id: hook.id }).orderBy('seq');
    const seqs: number[] = rows.map(({ seq }) => seq);
    await db('deliveries').where({ seq: seqs[0] }).delete();
    await db('deliveries').where({ seq: seqs[1] }).update({ status: 'sending', finished_at: null });
    await db('deliveries')
      .where({ seq: seqs[2] })
      .update({ finished_at: at + 1 });
    const selection = { webhookId: hook.id, status: 'failed', since: 0, until: null, asOf: at } as const;
    const count = await db.transaction((tx) => release(tx, { ...selection, inOrder: true }, seqs, at));
    expect(count).to.equal(1);
    expect(await statuses(db, hook.id)).to.deep.equal(['sending', 'failed', 'pending']);
  });

  it('waits while its webhook is paused or disabled', async () => {
    const { webhooks, replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 2);
    await webhooks.pause(hook.id, admin, at);
    await replays.start(hook.id, all, admin, at);
    await replaying.sweep(at);
    expect((await replays.latestOf(hook.id, 1))[0]).to.include({ held: 'paused', done: 0 });
    await webhooks.resume(hook.id, admin, at);
    await webhooks.change(hook.id, { enabled: false }, admin, at);
    await replaying.sweep(at + 1_000);
    expect((await replays.latestOf(hook.id, 1))[0]).to.include({ held: 'disabled', done: 0 });
    await webhooks.change(hook.id, { enabled: true }, admin, at);
    await replaying.sweep(at + 2_000);
    expect((await replays.latestOf(hook.id, 1))[0]).to.include({ held: null, state: 'done', done: 2 });
  });

  it('that was cancelled leaves the rest as it was', async () => {
    const { deps, replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 5);
    const before = await deps.db('deliveries').where({ webhook_id: hook.id }).orderBy('seq');
    const { id } = await replays.start(hook.id, { ...all, perSecond: 2 }, admin, at);
    await replaying.sweep(at);
    const { replay } = await replays.cancel(id, admin, at + 1_000);
    await replaying.sweep(at + 2_000);
    expect(replay).to.include({ state: 'cancelled', done: 2, total: 5, finishedAt: at + 1_000 });
    const after = await deps.db('deliveries').where({ webhook_id: hook.id }).orderBy('seq');
    expect(after.slice(2)).to.deep.equal(before.slice(2));
    const again = await replays.cancel(id, admin, at + 3_000).catch((error: Error) => error.message);
    expect(again).to.equal('This replay has ended already: it is cancelled');
  });

  it('takes thousands in one turn without a throttle', async () => {
    const { replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 1_234);
    await replays.start(hook.id, all, admin, at);
    await replaying.sweep(at);
    expect(await pendingOf(hook.id)).to.equal(1_234);
  });

  it('forgets replays that ended before the retention, and those of webhooks that are gone', async () => {
    const { deps, webhooks, replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 1);
    await replays.start(hook.id, all, admin, at);
    await replaying.sweep(at);
    await replaying.prune(at + 29 * 24 * 3_600_000);
    expect(await replays.latestOf(hook.id, 5)).to.have.length(1);
    await replaying.prune(at + 31 * 24 * 3_600_000);
    expect(await replays.latestOf(hook.id, 5)).to.have.length(0);
    await replays.start(hook.id, { ...all, status: 'finished' }, admin, at);
    await webhooks.remove(hook.id, admin, at);
    await deps.db('deliveries').where({ webhook_id: hook.id }).delete();
    await deps.db('webhooks').where({ id: hook.id }).delete();
    expect(await deps.db('replays').where({ webhook_id: hook.id })).to.have.length(0);
  });
});

describe('the throttle of a replay', () => {
  it('loses nothing to turns that come early or late, and never gives more than a second’s worth', () => {
    let pacedUntil = -1_000;
    let released = 0;
    for (const at of [0, 999, 2_003, 2_998, 4_001, 5_000, 6_500]) {
      const turn = turnOf(1, pacedUntil, at);
      if (turn.quota > 0) pacedUntil = turn.pacedUntilAfter(turn.quota);
      released += turn.quota;
    }
    expect(released).to.equal(6);
    expect(turnOf(10, 0, 3_600_000).quota).to.equal(10);
    expect(turnOf(10, 3_600_000, 0).quota, 'a clock that was set back').to.equal(10);
  });
});

describe('a replay to a real receiver', () => {
  let running: Running;
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
    running = await startHookbell({ env: { RETRY_SCHEDULE: '5s,5m' } });
  });
  afterEach(async () => {
    await running.stop();
    await receiver.close();
  });

  it('sends the same ids again, those of a conversation in their order', async () => {
    const { deps, replays } = running.hookbell;
    const { hook } = await failedHook(running, receiver.url, 0);
    const subjects = ['one', 'two', 'one', null, 'two', 'one', 'one'];
    const at = deps.clock();
    const ids = await finished(
      deps.db,
      hook,
      subjects.map((subject) => ({ subject })),
      at,
    );
    await replays.start(hook.id, { ...all, perSecond: 100 }, admin, at);
    const received = (await receiver.wait(ids.length)).map(({ headers }) => headers['webhook-id']!);
    expect(received).to.have.members(ids);
    for (const subject of ['one', 'two']) {
      const ofSubject = ids.filter((_, place) => subjects[place] === subject);
      expect(received.filter((id) => ofSubject.includes(id))).to.deep.equal(ofSubject);
    }
    expect(receiver.received[0]!.headers['x-hookbell-attempt']).to.equal('2');
  });

  it('puts what fails again on the whole schedule again', async () => {
    const { deps, replays } = running.hookbell;
    const { hook, ids, at } = await failedHook(running, receiver.url, 1);
    receiver.answer(500);
    await replays.start(hook.id, all, admin, at);
    for (const attempts of [2, 3]) {
      await eventually(`attempt ${attempts} failed`, () =>
        deps.db('deliveries').where({ id: ids[0], status: 'pending', attempts }).first(),
      );
      running.pass(400_000);
    }
    const row = await eventually('it is given up again', () =>
      deps.db('deliveries').where({ id: ids[0], status: 'failed' }).first(),
    );
    expect(row.attempts).to.equal(4);
    expect(row.finished_at).to.be.greaterThan(at);
    expect(receiver.received.every(({ headers }) => headers['webhook-id'] === ids[0])).to.equal(true);
    expect((await replays.latestOf(hook.id, 1))[0]).to.include({ state: 'done', done: 1 });
  });
});
