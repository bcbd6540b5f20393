import { expect } from 'chai';
import type { Answer } from '../../src/receivers/schema.js';
import { eventually } from '../support/eventually.js';
import { admin, emit, onlyDelivery } from '../support/outbox.js';
import type { Running } from '../support/server.js';
import { headersOf, pointedAt, received, startStrict } from './house.js';

describe('a delivery to a test receiver', () => {
  let running: Running;
  before(async () => {
    running = await startStrict({ DELIVERY_TIMEOUT: '1s' });
  });
  after(() => running.stop());

  const settled = (webhookId: string, status: string, attempts: number) =>
    eventually(`a delivery that is ${status} after ${attempts} attempts`, async () => {
      const found = await onlyDelivery(running, webhookId);
      return found.delivery.status === status && found.delivery.attempts === attempts && found;
    });

  it('arrives, though its address is private, with secret and signature in order', async () => {
    const { receiver, hook } = await pointedAt(running);
    await emit(running, hook.botId, 12);
    const { delivery, attempts } = await settled(hook.id, 'delivered', 1);

    const [request] = await received(running, receiver, 1);
    expect(request).to.include({ method: 'POST', attempt: 1, end: 'answered', messageId: delivery.id });
    expect(request!.verdict).to.deep.equal({
      secret: 'matches',
      signature: 'verified',
      because: 'Signed by the webhook, less than 5 minutes ago.',
    });
    expect(request!.body).to.equal(delivery.body);
    expect(request!.size).to.equal(Buffer.byteLength(delivery.body));
    expect(headersOf(running, request!)).to.include({
      'webhook-id': delivery.id,
      'x-hookbell-event': 'sync.success',
      'content-type': 'application/json; charset=utf-8',
      'x-secret-key': '••••••',
    });
    expect(attempts[0]!.responseBody).to.equal('{"received":true}');
  });

  const failures: [Answer, number, string][] = [
    [{ kind: '500', seconds: null }, 500, 'The receiver answered 500'],
    [{ kind: '302', seconds: null }, 302, 'The receiver answered 302, a redirect to'],
    [{ kind: '429', seconds: 60 }, 429, 'The receiver answered 429'],
  ];
  for (const [answer, status, reason] of failures) {
    it(`told to answer ${status}, is tried again and then arrives as the same message`, async () => {
      const { receiver, hook } = await pointedAt(running, answer);
      await emit(running, hook.botId);
      const { delivery, attempts } = await settled(hook.id, 'pending', 1);
      expect(attempts[0]).to.include({ status });
      expect(attempts[0]!.error).to.include(reason);
      const wait = delivery.nextAttemptAt! - running.hookbell.deps.clock();
      expect(wait > 20_000, 'waits for Retry-After').to.equal(status === 429);

      await running.hookbell.receivers.answerWith(
        receiver.id,
        { kind: '200', seconds: null },
        admin,
        running.hookbell.deps.clock(),
      );
      running.pass(70_000);
      await settled(hook.id, 'delivered', 2);
      const [second, first] = await received(running, receiver, 2);
      expect([first!.attempt, second!.attempt]).to.deep.equal([1, 2]);
      expect([first!.messageId, second!.messageId]).to.deep.equal([delivery.id, delivery.id]);
      expect([first!.answer.kind, second!.answer.kind]).to.deep.equal([String(status), '200']);
      expect([first!.verdict.signature, second!.verdict.signature]).to.deep.equal(['verified', 'verified']);
    });
  }

  it('told to answer 410, disables the webhook', async () => {
    const { receiver, hook } = await pointedAt(running, { kind: '410', seconds: null });
    await emit(running, hook.botId);
    await settled(hook.id, 'failed', 1);
    await received(running, receiver, 1);
    const webhook = await running.hookbell.webhooks.seenBy(admin, hook.id);
    expect(webhook).to.include({ enabled: false, disabledReason: 'The receiver answered 410 Gone' });
  });

  it('told not to answer, waits until its timeout, which the receiver shows', async () => {
    const { receiver, hook } = await pointedAt(running, { kind: 'none', seconds: null });
    await emit(running, hook.botId);
    const { attempts } = await settled(hook.id, 'pending', 1);
    expect(attempts[0]).to.include({ status: null, error: 'No complete answer within 1 s' });
    const [request] = await received(running, receiver, 1);
    expect(request).to.include({ end: 'left' });
    expect(running.hookbell.receivers.holding.count()).to.equal(0);
  });

  it('told to answer slowly, fails where the wait is longer than the timeout', async () => {
    const { receiver, hook } = await pointedAt(running, { kind: 'slow', seconds: 30 });
    await emit(running, hook.botId);
    const { attempts } = await settled(hook.id, 'pending', 1);
    expect(attempts[0]).to.include({ error: 'No complete answer within 1 s' });
    expect((await received(running, receiver, 1))[0]).to.include({ end: 'left' });
  });

  it('says when it is tried next', async () => {
    const { receiver, hook } = await pointedAt(running, { kind: '500', seconds: null });
    await emit(running, hook.botId);
    const { delivery } = await settled(hook.id, 'pending', 1);
    const [request] = await received(running, receiver, 1);
    const next = await running.hookbell.receivers.nextAttempts([request!.messageId!]);
    expect(next.get(delivery.id)).to.equal(delivery.nextAttemptAt);
  });
});

describe('a delivery to a slow test receiver', () => {
  let running: Running;
  before(async () => {
    running = await startStrict();
  });
  after(() => running.stop());

  it('arrives once the wait is over', async () => {
    const { receiver, hook } = await pointedAt(running, { kind: 'slow', seconds: 1 });
    await emit(running, hook.botId);
    const [request] = await received(running, receiver, 1);
    expect(request).to.include({ end: 'answered' });
    expect(request!.tookMs).to.be.at.least(900);
    await eventually('it is delivered', async () => {
      const { delivery } = await onlyDelivery(running, hook.id);
      return delivery.status === 'delivered';
    });
  });
});
