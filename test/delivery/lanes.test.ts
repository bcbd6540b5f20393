import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { admin, emit, makeHook } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('webhooks beside each other', () => {
  let running: Running;
  const receivers: Receiver[] = [];
  const receiver = async () => {
    const one = await startReceiver();
    receivers.push(one);
    return one;
  };

  beforeEach(async () => {
    running = await startHookbell({
      env: { DELIVERY_TIMEOUT: '5s', ENDPOINT_CONCURRENCY: '4', DELIVERY_CONCURRENCY: '6' },
    });
  });
  afterEach(async () => {
    for (const one of receivers.splice(0)) await one.close();
    await running.stop();
  });

  const emitMany = async (botId: string, count: number) => {
    for (let index = 0; index < count; index++) await emit(running, botId, index);
  };

  it('one that hangs holds up no other', async () => {
    const hanging = await receiver();
    hanging.answer(() => undefined);
    const healthy = await receiver();
    const first = await makeHook(running, hanging.url);
    await makeHook(running, hanging.url, first.botId);
    await makeHook(running, hanging.url, first.botId);
    await makeHook(running, healthy.url, first.botId);
    await emitMany(first.botId, 60);
    await healthy.wait(60);
    expect(hanging.mostAtOnce()).to.be.at.most(3);
  });

  it('get no more than ENDPOINT_CONCURRENCY requests at once each, and use it', async () => {
    const slow = await receiver();
    slow.answer((_req, res) => void setTimeout(() => res.end(), 15));
    const hook = await makeHook(running, slow.url);
    const { webhooks, deps } = running.hookbell;
    await webhooks.pause(hook.id, admin, deps.clock());
    await emitMany(hook.botId, 60);
    await webhooks.resume(hook.id, admin, deps.clock());
    await slow.wait(60);
    expect(slow.mostAtOnce()).to.equal(4);
  });

  it('get no more than DELIVERY_CONCURRENCY requests at once together', async () => {
    let open = 0;
    let most = 0;
    const hooks = [];
    let botId: string | undefined;
    for (let index = 0; index < 4; index++) {
      const one = await receiver();
      one.answer((_req, res) => {
        most = Math.max(most, ++open);
        setTimeout(() => {
          open--;
          res.end();
        }, 15);
      });
      const hook = await makeHook(running, one.url, botId);
      botId = hook.botId;
      hooks.push(one);
    }
    await emitMany(botId!, 40);
    for (const one of hooks) await one.wait(40);
    expect(most).to.equal(6);
  });

  it('pause and resume: events wait, are kept, and are sent once each', async () => {
    const one = await receiver();
    const hook = await makeHook(running, one.url);
    const { webhooks, deps } = running.hookbell;
    await webhooks.pause(hook.id, admin, deps.clock());
    await emitMany(hook.botId, 25);
    expect(await running.hookbell.deliveries.waiting(hook.id)).to.equal(25);
    expect(one.received).to.have.length(0);
    await webhooks.resume(hook.id, admin, deps.clock());
    await one.wait(25);
    await eventually(
      'an empty outbox',
      async () => (await running.hookbell.deliveries.waiting(hook.id)) === 0,
    );
    expect(new Set(one.received.map((got) => got.headers['webhook-id'])).size).to.equal(25);
    expect(one.received).to.have.length(25);
  });

  it('are told nothing while disabled or deleted', async () => {
    const one = await receiver();
    const disabled = await makeHook(running, one.url);
    const deleted = await makeHook(running, one.url, disabled.botId);
    const alive = await makeHook(running, one.url, disabled.botId);
    const { webhooks, deps } = running.hookbell;
    await webhooks.change(disabled.id, { enabled: false }, admin, deps.clock());
    await webhooks.remove(deleted.id, admin, deps.clock());
    await emit(running, alive.botId);
    const [got] = await one.wait(1);
    expect(got!.headers['x-secret-key']).to.equal(alive.secret);
    await eventually(
      'an empty outbox',
      async () => (await running.hookbell.deliveries.waiting(alive.id)) === 0,
    );
    expect(one.received).to.have.length(1);
  });
});
