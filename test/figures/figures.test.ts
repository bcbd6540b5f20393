import { expect } from 'chai';
import { countAttempts } from '../../src/figures/count.js';
import type { Figures } from '../../src/figures/service.js';
import { sampleBacklog } from '../../src/figures/upkeep.js';
import { retention } from '../../src/retention.js';
import { percentile } from '../bench/figures.js';
import { eventually } from '../support/eventually.js';
import { fillLog } from '../support/log.js';
import { admin, emit, type Hook, makeHook } from '../support/outbox.js';
import { planOf } from '../support/plans.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { claimed, settled, settlements } from './settled.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('figures', () => {
  let running: Running;
  let receiver: Receiver;
  let hook: Hook;
  const start = async (options: Parameters<typeof startHookbell>[0] = {}) => {
    [running, receiver] = [await startHookbell(options), await startReceiver()];
    hook = await makeHook(running, receiver.url);
    toNext(hour);
  };
  afterEach(() => Promise.all([running.stop(), receiver.close()]));

  const now = () => running.hookbell.deps.clock();
  /** To just after the clock strikes, so that a test that takes a while stays within the span. */
  const toNext = (span: number) => running.pass(span - (now() % span) + minute);
  const look = (range: Figures['range'] = '24h') =>
    running.hookbell.figures.ofWebhook(admin, hook.id, range, now());
  const counts = ({ delivered, retried, failed }: Figures['total']) => [delivered, retried, failed];
  const delivered = (count: number, durationMs = 20) =>
    settled(running, hook, Array(count).fill({ outcome: 'delivered', durationMs }));

  it('are what the receiver saw, hour by hour', async () => {
    await start({ env: { RETRY_SCHEDULE: '5s,5m' } });
    const seen: number[] = [];
    const emitted = async (count: number) => {
      for (let made = 0; made < count; made += 1) await emit(running, hook.botId);
    };
    const isCounted = (...wanted: number[]) =>
      eventually(`${wanted} are counted`, async () => counts((await look()).total).join() === wanted.join());

    await emitted(3);
    await isCounted(3, 0, 0);
    seen.push(receiver.received.length);

    running.pass(hour);
    receiver.answer(500);
    await emitted(2);
    await isCounted(3, 2, 0);
    running.pass(6_000);
    await isCounted(3, 4, 0);
    running.pass(6 * minute);
    await isCounted(3, 4, 2);
    seen.push(receiver.received.length - 3);

    running.pass(2 * hour);
    receiver.answer(410);
    await emitted(1);
    await isCounted(3, 4, 3);
    seen.push(receiver.received.length - 9);

    const { points, total } = await look();
    expect(seen).to.deep.equal([3, 6, 1]);
    expect(points.slice(-4).map(counts)).to.deep.equal([
      [3, 0, 0],
      [0, 4, 2],
      [0, 0, 0],
      [0, 0, 1],
    ]);
    expect(counts(total).reduce((sum, count) => sum + count)).to.equal(receiver.received.length);
    expect(counts((await look('7d')).total)).to.deep.equal([3, 4, 3]);
    expect(counts((await look('30d')).total)).to.deep.equal([3, 4, 3]);
  });

  it('tell how long attempts took, whatever became of them', async () => {
    await start({ background: false });
    const durations = Array.from({ length: 200 }, (_, index) => 3 + index * index);
    const outcomes = ['delivered', 'retried', 'failed'] as const;
    const ended = durations.map((durationMs, index) => ({ outcome: outcomes[index % 3]!, durationMs }));
    await settled(running, hook, ended.slice(0, 120));
    await settled(running, hook, ended.slice(120));
    for (const range of ['24h', '7d', '30d'] as const) {
      const { total, points } = await look(range);
      expect(counts(total)).to.deep.equal([67, 67, 66]);
      expect(total.p50Ms).to.be.closeTo(percentile(durations, 0.5), percentile(durations, 0.5) / 10);
      expect(total.p95Ms).to.be.closeTo(percentile(durations, 0.95), percentile(durations, 0.95) / 10);
      expect(points.at(-1)).to.include({ p50Ms: total.p50Ms, p95Ms: total.p95Ms });
      expect(points.at(-2)).to.include({ p50Ms: null, p95Ms: null });
    }
  });

  it('do not count a result whose lease was lost, nor a delivery that was given back unsent', async () => {
    await start({ background: false });
    const claims = await claimed(running, hook, 2);
    const [lost, unsent] = settlements(
      running,
      claims,
      Array(2).fill({ outcome: 'delivered', durationMs: 1 }),
    );
    lost!.claimed.leaseToken = 'another';
    unsent!.attempt = null;
    await countAttempts(running.hookbell.deps.db, [lost!, unsent!]);
    expect(counts((await look()).total)).to.deep.equal([0, 0, 0]);
  });

  it('show what waits and for how long it has been due, now and at its worst', async () => {
    await start();
    await running.hookbell.webhooks.pause(hook.id, admin, now());
    for (let made = 0; made < 3; made += 1) await emit(running, hook.botId);
    const sample = () => sampleBacklog(running.hookbell.deps, now());
    await sample();
    running.pass(2 * hour);
    await sample();
    const worst = await look();
    expect(worst.backlog.waiting).to.equal(3);
    expect(worst.backlog.oldestDueMs).to.be.at.least(2 * hour);
    expect(worst.points.slice(-3).map(({ waiting }) => waiting)).to.deep.equal([3, 0, 3]);

    await running.hookbell.webhooks.resume(hook.id, admin, now());
    const later = await eventually('nothing waits', async () => {
      const figures = await look();
      return figures.total.delivered === 3 && figures;
    });
    await sample();
    expect(later.backlog).to.deep.equal({ waiting: 0, oldestDueMs: null });
    expect(later.points.at(-1)!.waiting).to.equal(3);
    expect(later.points.at(-1)!.oldestDueMs).to.be.at.least(2 * hour);
  });

  it('count what waits once a second where it is much, and each time where it is little', async () => {
    await start({ background: false });
    const waiting = async (at: number) =>
      (await running.hookbell.figures.ofWebhook(admin, hook.id, '24h', at)).backlog.waiting;
    const at = now();
    const log = { webhookId: hook.id, botId: hook.botId, status: 'pending' as const, from: at };
    await fillLog(running.hookbell.deps.db, { ...log, count: 5 });
    expect(await waiting(at)).to.equal(5);
    await fillLog(running.hookbell.deps.db, { ...log, count: 10_000 });
    expect(await waiting(at)).to.equal(10_005);
    await emit(running, hook.botId);
    expect(await waiting(at + 999)).to.equal(10_005);
    expect(await waiting(at + 1_000)).to.equal(10_006);
  });

  it('are kept as long as a chart shows them, and not beyond RETENTION_DAYS', async () => {
    await start({ background: false, env: { RETENTION_DAYS: '20' } });
    const { deps, syncs } = running.hookbell;
    const rows = async () =>
      Number((await deps.db('delivery_figures').count({ count: '*' }))[0]!.count) +
      Number((await deps.db('backlog_figures').count({ count: '*' }))[0]!.count);
    for (let age = 0; age < 12; age += 1) {
      await delivered(1);
      await emit(running, hook.botId);
      await sampleBacklog(deps, now());
      running.pass(day);
    }
    const keep = retention(deps, syncs);
    const before = await Promise.all([look('24h'), look('7d'), look('30d')]);
    expect(await rows()).to.equal(12 * 3 * 2);
    await keep(now());
    expect(await Promise.all([look('24h'), look('7d'), look('30d')]).then(shown)).to.deep.equal(
      shown(before),
    );
    expect(await rows()).to.be.below(12 * 2 + 8 * 2 + 3);
    running.pass(20 * day);
    await keep(now());
    expect(await rows()).to.be.at.most(2);
  });

  const shown = (figures: Figures[]) => figures.map(({ total }) => total);

  it('go with their webhook', async () => {
    await start({ background: false });
    const { deps, syncs, webhooks } = running.hookbell;
    await delivered(2);
    await emit(running, hook.botId);
    await sampleBacklog(deps, now());
    await webhooks.remove(hook.id, admin, now());
    await sampleBacklog(deps, now());
    expect(counts((await running.hookbell.figures.ofAll(admin, '24h', now())).total)).to.deep.equal([
      0, 0, 0,
    ]);
    await retention(deps, syncs)(now());
    for (const table of ['webhooks', 'delivery_figures', 'backlog_figures'])
      expect(await deps.db(table)).to.deep.equal([]);
  });

  it('are read by indexes only', async () => {
    await start({ background: false });
    const { deps, figures } = running.hookbell;
    const asked: Parameters<typeof planOf>[1][] = [];
    deps.reader.on('query', ({ sql, bindings }) => asked.push({ sql, bindings }));
    await look();
    await figures.ofAll(admin, '7d', now());
    await figures.ofAll({ ...admin, id: 'somebody', role: 'agent' }, '30d', now());
    await figures.hasAny({ webhookId: hook.id });
    await sampleBacklog(deps, now());
    await running.hookbell.metrics.text();
    expect(asked.length).to.be.at.least(12);
    for (const { sql, bindings } of [...asked]) {
      for (const step of await planOf(deps.reader, { sql, bindings }))
        expect(step, sql).not.to.match(/^SCAN (?!.*USING|open|lane|\()|Seq Scan/);
    }
  });

  it('are kept of each webhook by one look at it, however many there are', async () => {
    await start({ background: false });
    const { deps } = running.hookbell;
    const written: Parameters<typeof planOf>[1][] = [];
    deps.db.on('query', ({ sql, bindings }) => written.push({ sql, bindings }));
    await fillLog(deps.db, { webhookId: hook.id, botId: hook.botId, count: 1, status: 'pending', from: 0 });
    await sampleBacklog(deps, now());
    const [kept] = written.filter(({ sql }) => sql.startsWith('INSERT INTO backlog_figures'));
    const steps = (await planOf(deps.db, kept!)).join('\n');
    // Not all that is to be kept again for each webhook.
    const byKey = /SEARCH webhooks USING .*\(id=\?\)|Hash Join|Merge Join|Index Cond: .*seen\.webhook_id/;
    expect(steps).to.match(byKey);
  });
});
