import { expect } from 'chai';
import { dueWebhooks } from '../../src/outbox/claim.js';
import { eventually } from '../support/eventually.js';
import { admin, emit, type Hook, makeHook, onlyDelivery } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('a webhook of which nothing but failures come', () => {
  let running: Running;
  let receiver: Receiver;
  let hook: Hook;

  beforeEach(async () => {
    receiver = await startReceiver();
    running = await startHookbell();
    hook = await makeHook(running, receiver.url);
  });
  afterEach(async () => {
    await running.stop();
    await receiver.close();
  });

  /** So much later; the courier looks at once, not only with its next sweep. */
  const later = async (ms: number) => {
    running.pass(ms);
    await running.hookbell.webhooks.change(hook.id, {}, admin, now());
  };
  const webhook = () => running.hookbell.webhooks.seenBy(admin, hook.id);
  const now = () => running.hookbell.deps.clock();
  const deliveries = () =>
    running.hookbell.deliveries
      .listOf(hook.id, null, { limit: 100, after: null })
      .then((all) => all.reverse());
  const waiting = () => running.hookbell.deliveries.waiting(hook.id);
  const tokens = () => receiver.received.map(({ body }) => JSON.parse(body).results.totalTokens);

  const attempted = (attempts: number) =>
    eventually(`attempt ${attempts} to be recorded`, async () => {
      const found = await onlyDelivery(running, hook.id);
      return found.delivery.attempts === attempts && found.delivery.status !== 'sending' && found;
    });
  const paused = () =>
    eventually('a pause', async () => {
      const it = await webhook();
      return it.pausedAt !== null && it;
    });
  const resumed = () => eventually('its resumption', async () => (await webhook()).pausedAt === null);
  /** Resolves with how long it waits then, in ms. */
  const tried = (times: number) =>
    eventually(`try ${times} to be in vain`, async () => {
      const { probes, probe_at } = await running.hookbell.deps.db('webhooks').where({ id: hook.id }).first();
      return probes === times && Number(probe_at) - now();
    });
  const untilTry = async () => (await webhook()).probeAt! - now() + 1;

  /** Fails for five days; `tokens` 1 is the event that began it and 2 the one that ends it. */
  async function pauseByFailures() {
    receiver.answer(500);
    await emit(running, hook.botId, 1);
    await attempted(1);
    await later(5 * day);
    await emit(running, hook.botId, 2);
    return paused();
  }

  it('fails for five days, is paused, and keeps its events', async () => {
    receiver.answer(500);
    await emit(running, hook.botId, 1);
    await attempted(1);
    const { failingSince } = await webhook();
    await later(5 * day - hour);
    await attempted(2);
    expect(await webhook()).to.include({ pausedAt: null, failingSince });
    await later(10 * hour);
    await attempted(3);

    const it = await paused();
    expect(it).to.include({ pauseReason: 'Nothing but failures for 5 days', failingSince, enabled: true });
    expect(it.lastError).to.equal('The receiver answered 500');
    expect(it.probeAt! - it.pausedAt!).to.equal(5 * minute);
    await emit(running, hook.botId, 2);
    expect((await deliveries()).map(({ status }) => status)).to.deep.equal(['pending', 'pending']);
    expect(receiver.received).to.have.length(3);
  });

  it('is not paused where a single success came between', async () => {
    receiver.answer(500);
    await emit(running, hook.botId, 1);
    await attempted(1);
    receiver.answer(200);
    await later(4 * day);
    await attempted(2);
    receiver.answer(500);
    await emit(running, hook.botId, 2);
    await eventually('failures again', async () => (await webhook()).failingSince !== null);
    await later(4 * day);
    await receiver.wait(4);
    await eventually('all recorded', async () =>
      (await deliveries()).every(({ status }) => status !== 'sending'),
    );
    expect(await webhook()).to.include({ pausedAt: null });
  });

  it('is tried with one delivery at growing intervals, which costs that one no step of its schedule', async () => {
    const { pausedAt, probeAt } = await pauseByFailures();
    for (let count = 0; count < 3; count++) await emit(running, hook.botId, 3 + count);
    const before = receiver.received.length;
    const waits = [probeAt! - pausedAt!];
    for (let count = 1; count <= 9; count++) {
      await later(await untilTry());
      waits.push(await tried(count));
    }
    const minutes = waits.map((wait) => Math.round(wait / minute));
    expect(minutes).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 360, 360, 360]);
    expect(receiver.received).to.have.length(before + 9);
    expect(await waiting()).to.equal(5);
    const steps = await running.hookbell.deps.db('deliveries').select('step', 'status');
    expect(new Set(steps.map(({ step, status }) => `${status} ${step}`))).to.deep.equal(
      new Set(['pending 0']),
    );
  });

  it('is resumed by the first try that succeeds, and gets all that waits, in order, each once', async () => {
    await pauseByFailures();
    const { id } = (await deliveries())[0]!;
    for (let count = 3; count <= 30; count++) await emit(running, hook.botId, count);
    await later(await untilTry());
    await tried(1);
    receiver.received.length = 0;
    receiver.answer(200);
    await later(10 * minute);
    await resumed();
    await eventually('an empty outbox', async () => (await waiting()) === 0);
    await receiver.wait(30);

    expect(await webhook()).to.include({
      pauseReason: null,
      probeAt: null,
      failingSince: null,
      lastError: null,
    });
    expect(tokens().toSorted((one, other) => one - other)).to.deep.equal(
      Array.from({ length: 30 }, (_, n) => n + 1),
    );
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).to.include(id);
    // The try, then one at a time, then two: what starts later may arrive sooner, but not by more than the window.
    for (const [place, token] of tokens().entries()) expect(token).to.be.within(place - 8, place + 10);
    expect(receiver.mostAtOnce()).to.be.at.most(8);
  });

  it('is tried with the next event where nothing waits, and not before its time', async () => {
    await pauseByFailures();
    await running.hookbell.deps.db('deliveries').update({ status: 'failed', finished_at: now() });
    const before = receiver.received.length;
    const at = (await webhook()).probeAt!;
    await emit(running, hook.botId, 7);
    expect(await webhook()).to.include({ probeAt: at });
    await running.hookbell.deps.db('deliveries').update({ status: 'failed', finished_at: now() });
    await later(hour);
    receiver.answer(200);
    await emit(running, hook.botId, 8);
    await resumed();
    expect(tokens().slice(before)).to.deep.equal([8]);
  });

  it('takes another delivery for the next try, should the receiver refuse only that one', async () => {
    await pauseByFailures();
    receiver.answer((_req, res, got) =>
      res.writeHead(got.body.includes('"totalTokens":1,') ? 400 : 200).end(),
    );
    await later(5 * minute + 1);
    await eventually('a resumption', async () => {
      await later(minute);
      return (await webhook()).pausedAt === null;
    });
    await eventually('all but the one', async () => (await waiting()) === 1);
  });

  it('is disabled when a try is answered with 410', async () => {
    await pauseByFailures();
    receiver.answer(410);
    await later(5 * minute + 1);
    await eventually('it is disabled', async () => !(await webhook()).enabled);
    expect(await webhook()).to.include({ pausedAt: null, pauseReason: null, probeAt: null });
    expect((await deliveries()).map(({ status }) => status).sort()).to.deep.equal(['failed', 'pending']);
  });

  it('waits longer for the next try where the receiver asks for it', async () => {
    await pauseByFailures();
    receiver.answer((_req, res) => res.writeHead(503, { 'Retry-After': '7200' }).end());
    await later(await untilTry());
    expect(await tried(1)).to.be.closeTo(2 * hour, minute);
  });

  it('is tried at once when somebody says so, or has changed the target', async () => {
    await pauseByFailures();
    const other = await startReceiver();
    const before = receiver.received.length;
    await running.hookbell.webhooks.tryNow(hook.id, admin, now());
    await receiver.wait(before + 1);
    await tried(1);
    await running.hookbell.webhooks.change(hook.id, { targetUrl: other.url }, admin, now());
    await other.wait(2);
    await resumed();
    await other.close();
  });

  it('is to be tried again at once where a try was cut short', async () => {
    await running.stop();
    running = await startHookbell({ grace: 0 });
    hook = await makeHook(running, receiver.url);
    await pauseByFailures();
    receiver.answer(() => {});
    await later(await untilTry());
    await receiver.wait(3);
    const stoppedAt = now();
    await running.stop({ keep: true });
    running = await startHookbell({ dataDir: running.dataDir, background: false });
    expect((await webhook()).probeAt).to.be.at.most(stoppedAt + minute / 10);
  });

  it('is tried no more once a person has paused it', async () => {
    await pauseByFailures();
    const before = receiver.received.length;
    await running.hookbell.webhooks.pause(hook.id, admin, now());
    expect(await webhook()).to.include({ pauseReason: null, probeAt: null });
    running.pass(3 * day);
    const other = await startReceiver();
    await makeHook(running, other.url, hook.botId);
    await emit(running, hook.botId, 9);
    await other.wait(1);
    await other.close();
    expect(await dueWebhooks(running.hookbell.deps.db, now())).to.deep.equal([]);
    expect(receiver.received).to.have.length(before);
    receiver.answer(200);
    await running.hookbell.webhooks.resume(hook.id, admin, now());
    await receiver.wait(before + 3);
  });

  it('keeps a delivery whose schedule ends as the pause begins, or during it', async () => {
    await running.stop();
    running = await startHookbell({ env: { RETRY_SCHEDULE: '1h' } });
    hook = await makeHook(running, receiver.url);
    const held: (() => void)[] = [];
    receiver.answer(500);
    await emit(running, hook.botId, 1);
    await attempted(1);
    receiver.answer((_req, res) => void held.push(() => res.writeHead(500).end()));
    await later(2 * hour);
    await receiver.wait(2);
    await running.hookbell.webhooks.pause(hook.id, admin, now());
    held[0]!();
    const { delivery } = await attempted(2);
    expect(delivery).to.include({ status: 'pending' });

    receiver.answer(500);
    await running.hookbell.webhooks.resume(hook.id, admin, now());
    await attempted(3);
    await later(6 * day);
    const last = await attempted(4);
    expect(last.delivery.status).to.equal('pending');
    await paused();
  });

  it('that is resumed by hand begins anew: five more days, and the whole schedule', async () => {
    await pauseByFailures();
    await running.hookbell.webhooks.resume(hook.id, admin, now());
    await eventually('both fail again', async () =>
      (await deliveries()).every(
        ({ status, nextAttemptAt }) => status === 'pending' && nextAttemptAt! > now(),
      ),
    );
    const it = await webhook();
    expect(it.pausedAt).to.equal(null);
    expect(now() - it.failingSince!).to.be.below(minute);
    for (const { nextAttemptAt } of await deliveries()) expect(nextAttemptAt! - now()).to.be.below(6_000);
  });

  it('does not send sooner, resumed or not, what the receiver asked more time for', async () => {
    receiver.answer((_req, res) => res.writeHead(503, { 'Retry-After': '7200' }).end());
    await emit(running, hook.botId, 1);
    const { delivery } = await attempted(1);
    const { webhooks } = running.hookbell;
    await webhooks.pause(hook.id, admin, now());
    await webhooks.resume(hook.id, admin, now());
    expect((await onlyDelivery(running, hook.id)).delivery.nextAttemptAt).to.equal(delivery.nextAttemptAt);
    expect(receiver.received).to.have.length(1);
  });
});
