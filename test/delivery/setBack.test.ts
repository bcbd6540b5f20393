import { expect } from 'chai';
import { setBackWatch } from '../../src/outbox/setBack.js';
import { eventually } from '../support/eventually.js';
import { emit, makeHook } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const day = 86_400_000;

describe('a clock that is set back', () => {
  let running: Running;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    running = await startHookbell();
    running.pass(day);
    receiver.answer(500);
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    await eventually('the first attempt is recorded', () =>
      running.hookbell.deps.db('deliveries').where({ status: 'pending', attempts: 1 }).first(),
    );
    receiver.answer(200);
  });
  afterEach(async () => {
    await running.stop();
    await receiver.close();
  });

  it('holds up nothing that waited while it was ahead', async () => {
    running.pass(-day);
    const [first, second] = await receiver.wait(2);
    expect(second!.headers['webhook-id']).to.equal(first!.headers['webhook-id']);
  });

  it('holds up nothing either when nobody saw it', async () => {
    await running.stop({ keep: true });
    running = await startHookbell({ dataDir: running.dataDir });
    await receiver.wait(2);
  });
});

describe('the watch for it', () => {
  it('minds a clock that goes back, and none that is slewed or set ahead', () => {
    let monotonic = 0;
    const watch = setBackWatch(() => monotonic);
    const later = (ms: number, at: number) => {
      monotonic += ms;
      return watch.wasSetBack(at);
    };
    const times = [later(0, 5_000), later(1_000, 5_900), later(1_000, 90_000), later(1_000, 7_900)];
    expect(times).to.deep.equal([false, false, false, true]);
    const after = [later(1_000, 8_900), later(1_000, 9_900), later(1_000, 10_900)];
    expect(after, 'what is on its way').to.deep.equal([true, true, false]);
  });
});
