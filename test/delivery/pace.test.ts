import { expect } from 'chai';
import fc from 'fast-check';
import { newLane, nextStart, noteStart } from '../../src/delivery/lane.js';
import { probeWait } from '../../src/delivery/probe.js';
import type { Target } from '../../src/webhooks/target.js';
import { eventually } from '../support/eventually.js';
import { admin, emit, makeHook } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const paced = (requestsPerSecond: number | null) => {
  const lane = newLane(8);
  lane.target = { requestsPerSecond } as Target;
  return lane;
};

describe('the pace of a webhook', () => {
  it('lets no more start in any second than it may, however late and irregular its turns come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.nat(400), { minLength: 50, maxLength: 400 }),
        (perSecond, lateness) => {
          const lane = paced(perSecond);
          const starts: number[] = [];
          let at = 1_000_000;
          for (const late of lateness) {
            at = Math.max(at, Math.ceil(nextStart(lane, at))) + (late > 380 ? late : late % 7);
            noteStart(lane, at);
            starts.push(at);
          }
          for (let first = 0; first + perSecond < starts.length; first++) {
            expect(starts[first + perSecond]! - starts[first]!).to.be.at.least(1000);
          }
        },
      ),
    );
  });

  it('lets nearly as many start as it may when every turn comes in time', () => {
    const lane = paced(50);
    let at = 0;
    for (let count = 0; count < 500; count++) {
      at = Math.max(at, Math.ceil(nextStart(lane, at)));
      noteStart(lane, at);
    }
    expect(at).to.be.within(9_900, 10_300);
  });

  it('is not held up by a clock that was set back', () => {
    const lane = paced(2);
    noteStart(lane, 1_000_000);
    expect(nextStart(lane, 0)).to.be.at.most(506);
  });

  it('is no matter without a limit', () => {
    const lane = paced(null);
    noteStart(lane, 1_000_000);
    expect(nextStart(lane, 0)).to.equal(0);
  });
});

describe('the wait for the next try', () => {
  const minute = 60_000;
  it('grows from 5 min to 6 h with five days to a pause, and in proportion with less', () => {
    const minutes = [0, 1, 2, 6, 7, 1000].map((probes) => probeWait(5 * 24 * 60 * minute, probes) / minute);
    expect(minutes).to.deep.equal([5, 10, 20, 320, 360, 360]);
    expect([0, 1, 2, 3, 4, 5].map((probes) => probeWait(1_000, probes))).to.deep.equal([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
  });
});

describe('a webhook with a pace of its own', () => {
  let running: Running;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    running = await startHookbell({ env: { DELIVERY_CONCURRENCY: '12' }, grace: 50 });
  });
  afterEach(async () => {
    await running.stop();
    await receiver.close();
  });

  /** A webhook for which so many events wait; it is let go by `resume`. */
  async function waitingHook(count: number, pace: { requestsPerSecond?: number; concurrency?: number }) {
    const { webhooks, deps } = running.hookbell;
    const hook = await makeHook(running, receiver.url);
    await webhooks.change(hook.id, pace, admin, deps.clock());
    await webhooks.pause(hook.id, admin, deps.clock());
    for (let index = 0; index < count; index++) await emit(running, hook.botId, index);
    return { ...hook, resume: () => webhooks.resume(hook.id, admin, deps.clock()) };
  }

  const startsOf = async () => {
    const attempts = await running.hookbell.deps.db('attempts').orderBy('started_at');
    return attempts.map(({ started_at }) => Number(started_at));
  };

  it('gets its requests a second, evenly, whatever waits', async () => {
    const hook = await waitingHook(30, { requestsPerSecond: 20 });
    await hook.resume();
    await receiver.wait(30);
    const starts = await eventually('all recorded', async () => {
      const all = await startsOf();
      return all.length === 30 && all;
    });
    // By the clock of the server; a process that was held up between deciding and sending is given a tenth.
    for (let first = 0; first + 20 < 30; first++)
      expect(starts[first + 20]! - starts[first]!).to.be.at.least(900);
  });

  it('neither waits for its turn in a place of others nor has more leased than it sends soon', async () => {
    const hook = await waitingHook(200, { requestsPerSecond: 1 });
    const beside = await startReceiver();
    await makeHook(running, beside.url, hook.botId);
    await hook.resume();
    await receiver.wait(1);
    for (let index = 0; index < 40; index++) await emit(running, hook.botId, index);
    await beside.wait(40);
    const leased = await running.hookbell.deps
      .db('deliveries')
      .where({ webhook_id: hook.id, status: 'sending' });
    expect(leased.length).to.be.at.most(2);
    await beside.close();
  });

  for (const [concurrency, most] of [
    [1, 1],
    [3, 3],
    [10, 10],
    [64, 12],
  ] as const) {
    it(`gets at most ${most} requests at once where it may have ${concurrency} and all together 12`, async () => {
      const hook = await waitingHook(60, { concurrency });
      const open: (() => void)[] = [];
      // Answers while there may be more, so that as many come as ever will.
      receiver.answer((_req, res) => {
        open.push(() => res.end());
        if (open.length > most) throw new Error(`${open.length} at once`);
        if (open.length === most) for (const answer of open.splice(0)) setImmediate(answer);
        else setTimeout(() => open.shift()?.(), 20);
      });
      await hook.resume();
      await receiver.wait(60);
      expect(receiver.mostAtOnce()).to.equal(most);
    });
  }

  it('keeps a quick one with a single place among those that are proven', async () => {
    const hook = await waitingHook(20, { concurrency: 1 });
    await hook.resume();
    await receiver.wait(20);
    for (let index = 0; index < 11; index++) {
      const hanging = await startReceiver();
      hanging.answer(() => undefined);
      await makeHook(running, hanging.url, hook.botId);
      after(() => hanging.close());
    }
    for (let index = 0; index < 10; index++) await emit(running, hook.botId, index);
    await receiver.wait(30);
  });
});
