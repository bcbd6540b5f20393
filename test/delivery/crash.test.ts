import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { emit, makeHook, onlyDelivery } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the outbox', () => {
  let running: Running;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    running = await startHookbell({ grace: 50 });
  });
  afterEach(async () => {
    await running.stop();
    await receiver.close();
  });

  it('forgets an event whose change is rolled back', async () => {
    const hook = await makeHook(running, receiver.url);
    const { deps, outbox } = running.hookbell;
    const event = { botId: hook.botId, type: 'sync.success', body: '{}' };
    const failing = deps.db.transaction(async (tx) => {
      await outbox.append(tx, event, deps.clock());
      throw new Error('the change was refused');
    });
    const refused = await failing.catch((error: Error) => error.message);
    expect(refused).to.equal('the change was refused');
    await emit(running, hook.botId);
    await receiver.wait(1);
    expect(receiver.received[0]!.body).not.to.equal('{}');
  });

  it('gives back on a stop what was not answered, and sends it with the same id after the start', async () => {
    receiver.answer(() => undefined);
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    await receiver.wait(1);
    await running.stop({ keep: true });
    receiver.answer(200);
    running = await startHookbell({ dataDir: running.dataDir });
    const [first, second] = await receiver.wait(2);
    expect(second!.headers['webhook-id']).to.equal(first!.headers['webhook-id']);
    expect(second!.headers['x-hookbell-attempt']).to.equal('1');
  });

  it('sends again, with the same id, what a process that died had taken', async () => {
    const hook = await makeHook(running, receiver.url);
    const { deps } = running.hookbell;
    receiver.answer(500);
    await emit(running, hook.botId);
    await receiver.wait(1);
    const { delivery } = await eventually('a second attempt to wait for', async () => {
      const found = await onlyDelivery(running, hook.id);
      return found.delivery.status === 'pending' && found.delivery.attempts === 1 && found;
    });
    // What a process leaves behind that is killed between the request and its record.
    const lease = { status: 'sending', lease_token: 'of the dead', lease_until: deps.clock() + 30_000 };
    await deps.db('deliveries').where({ id: delivery.id }).update(lease);
    receiver.answer(200);
    running.pass(29_000);
    await eventually('a sweep', async () => deps.clock());
    expect(receiver.received).to.have.length(1);
    running.pass(2_000);
    const [, again] = await receiver.wait(2);
    expect(again!.headers['webhook-id']).to.equal(delivery.id);
  });

  it('does not believe a result whose lease was lost', async () => {
    const answers: (() => void)[] = [];
    receiver.answer((_req, res) => void answers.push(() => res.writeHead(500).end()));
    const hook = await makeHook(running, receiver.url);
    const { deps } = running.hookbell;
    await emit(running, hook.botId);
    await receiver.wait(1);
    // Somebody else took it over and delivered it.
    await deps.db('deliveries').update({ status: 'delivered', lease_token: null, finished_at: deps.clock() });
    answers[0]!();
    await emit(running, hook.botId);
    await receiver.wait(2);
    const rows = await deps.db('deliveries').orderBy('seq');
    expect(rows[0]).to.include({ status: 'delivered', attempts: 0 });
    expect(await deps.db('attempts').where({ delivery_seq: rows[0].seq })).to.have.length(0);
  });
});

describe('deliveries of one conversation', () => {
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

  const say = (botId: string, subject: string | null, word: string) => {
    const { deps, outbox } = running.hookbell;
    const event = { botId, type: 'sync.success', subject, body: JSON.stringify({ word }) };
    return deps.db.transaction((tx) => outbox.append(tx, event, deps.clock()));
  };
  const words = () => receiver.received.map((got) => JSON.parse(got.body).word);

  it('wait while an earlier one is on its schedule; others do not', async () => {
    receiver.answer((_req, res, got) => res.writeHead(got.body.includes('one: escalated') ? 500 : 200).end());
    const hook = await makeHook(running, receiver.url);
    await say(hook.botId, 'one', 'one: escalated');
    await say(hook.botId, 'one', 'one: claimed');
    await say(hook.botId, 'one', 'one: released');
    await say(hook.botId, 'two', 'two: escalated');
    await say(hook.botId, null, 'a sync');
    await eventually('the others', () => words().includes('two: escalated') && words().includes('a sync'));
    expect(words()).not.to.include('one: claimed');

    receiver.answer(200);
    await eventually('the failure to be recorded', async () => {
      const waiting = await running.hookbell.deps
        .db('deliveries')
        .where({ subject: 'one', attempts: 1, status: 'pending' });
      return waiting.length === 1;
    });
    running.pass(6_000);
    await eventually('the rest', () => words().includes('one: released'));
    const ofOne = words().filter((word) => word.startsWith('one'));
    expect(ofOne).to.deep.equal(['one: escalated', 'one: escalated', 'one: claimed', 'one: released']);
  });

  it('go on when the earlier one has failed for good', async () => {
    receiver.answer((_req, res, got) => res.writeHead(got.body.includes('escalated') ? 500 : 200).end());
    const hook = await makeHook(running, receiver.url);
    await say(hook.botId, 'one', 'escalated');
    await say(hook.botId, 'one', 'claimed');
    for (const attempts of [1, 2]) {
      await eventually(`attempt ${attempts}`, async () => {
        return (
          (await running.hookbell.deps.db('deliveries').where({ attempts, status: 'pending' })).length === 1
        );
      });
      running.pass(400_000);
    }
    await eventually('the next one', () => words().includes('claimed'));
  });
});
