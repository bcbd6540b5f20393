import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { keyHolder } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

type Listed = { status: string; attempts: number; nextAttemptAt: string | null };

describe('strict order per conversation', () => {
  let running: Running;
  let receiver: Receiver;
  let api: Caller;
  let botId: string;
  let conversation: string;
  let hook: string;

  beforeEach(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    api = caller(running.url, (await keyHolder(running)).key);
    botId = (await api.post('/bots', { name: 'Help desk', humanTakeover: true })).body.id;
    conversation = await converse();
    // The first event is refused once; all others, and its retry, are taken.
    receiver.answer((req, res) => {
      const isFirst = receiver.received.length === 1 && req.headers['x-hookbell-attempt'] === '1';
      res.writeHead(isFirst ? 500 : 200).end();
    });
  });
  afterEach(() => Promise.all([running.stop(), receiver.close()]));

  const converse = async () =>
    (await api.post(`/bots/${botId}/conversations`, { channelType: 'web' })).body.id as string;
  const listen = async (more: object = {}) => {
    const input = { type: 'conversation.claimed', targetUrl: receiver.url, ...more };
    hook = (await api.post(`/bots/${botId}/webhooks`, input)).body.id;
  };
  const claim = async (id = conversation) => {
    expect((await api.post(`/conversations/${id}/claim`)).status).to.equal(200);
    expect((await api.post(`/conversations/${id}/release`)).status).to.equal(200);
  };
  /** Oldest first. */
  const deliveries = async (): Promise<Listed[]> =>
    (await api.get(`/webhooks/${hook}/deliveries`)).body.data.reverse();
  const firstHasFailed = () =>
    eventually('the first is on its schedule', async () => {
      const [first] = await deliveries();
      return first?.status === 'pending' && first.attempts === 1;
    });
  const statuses = async () => (await deliveries()).map(({ status }) => status);
  const arrived = () => receiver.received.map(({ headers }) => headers['webhook-id']);

  it('holds a later event back while the first is on its schedule, and sends it after', async () => {
    await listen();
    await claim();
    await firstHasFailed();
    await claim();
    const other = await converse();
    await claim(other);
    // What was appended after it arrives: it had its chance, and was held back.
    const [, another] = await receiver.wait(2);
    expect(JSON.parse(another!.body).conversation.id).to.equal(other);
    expect((await deliveries())[1]).to.include({ status: 'pending', attempts: 0, nextAttemptAt: null });
    running.pass(6_000);
    await receiver.wait(4);
    const [first, , again, second] = arrived();
    expect([again, second === first]).to.deep.equal([first, false]);
    await eventually('all are delivered', async () => (await statuses()).every((one) => one === 'delivered'));
  });

  it('when it is off, a later event arrives at once', async () => {
    await listen({ inOrder: false });
    await claim();
    await firstHasFailed();
    await claim();
    const [first, second] = (await receiver.wait(2)).map(({ headers }) => headers['webhook-id']);
    expect(second).not.to.equal(first);
    await eventually('the second is delivered before the first', async () => {
      return (await statuses()).join() === 'pending,delivered';
    });
    running.pass(6_000);
    await eventually('both are delivered', async () => (await statuses()).join() === 'delivered,delivered');
  });

  it('is each webhook’s own: one that has it off is not held back by one that has it on', async () => {
    await listen({ inOrder: false });
    const free = hook;
    await listen();
    receiver.answer(500);
    await claim();
    await receiver.wait(2);
    await firstHasFailed();
    await claim();
    await receiver.wait(3);
    expect((await deliveries())[1]).to.include({ status: 'pending', attempts: 0, nextAttemptAt: null });
    await eventually('the other was tried', async () => {
      const { data } = (await api.get(`/webhooks/${free}/deliveries`)).body as { data: Listed[] };
      return data.length === 2 && data.every(({ attempts }) => attempts === 1);
    });
  });

  it('holds nothing back after it was switched off, although the first is still on its schedule', async () => {
    await listen();
    const strict = hook;
    await listen();
    receiver.answer(500);
    await claim();
    await receiver.wait(2);
    await firstHasFailed();
    await api.patch(`/webhooks/${hook}`, { inOrder: false });
    await claim();
    await eventually('the second was tried', async () => (await deliveries())[1]?.attempts === 1);
    hook = strict;
    expect((await deliveries())[1]).to.include({ status: 'pending', attempts: 0, nextAttemptAt: null });
  });

  it('lets what is held back go when it is switched off, and counts for later events when it is on again', async () => {
    await listen();
    await claim();
    await firstHasFailed();
    await claim();
    await claim();
    expect((await deliveries()).map(({ nextAttemptAt }) => nextAttemptAt === null)).to.deep.equal([
      false,
      true,
      true,
    ]);
    expect((await api.patch(`/webhooks/${hook}`, { concurrency: 4 })).status).to.equal(200);
    expect((await deliveries())[1]).to.include({ status: 'pending', nextAttemptAt: null });
    expect((await api.patch(`/webhooks/${hook}`, { inOrder: false })).status).to.equal(200);
    await receiver.wait(3);
    await eventually('the later two are delivered', async () => {
      return (await statuses()).join() === 'pending,delivered,delivered';
    });
    await api.patch(`/webhooks/${hook}`, { inOrder: true });
    await claim();
    expect((await deliveries())[3]).to.include({ status: 'pending', nextAttemptAt: null });
    running.pass(6_000);
    await eventually('all are delivered', async () => (await statuses()).every((one) => one === 'delivered'));
    expect(arrived()[3]).to.equal(arrived()[0]);
    expect(new Set(arrived()).size).to.equal(4);
  });

  it('lets go of nothing that waits for its own retry, or that belongs to another webhook', async () => {
    await listen();
    const other = (
      await api.post(`/bots/${botId}/webhooks`, { type: 'conversation.claimed', targetUrl: receiver.url })
    ).body.id;
    await api.post(`/webhooks/${hook}/pause`);
    await api.post(`/webhooks/${other}/pause`);
    await claim();
    await claim();
    const waiting = async (id: string) => {
      const { data } = (await api.get(`/webhooks/${id}/deliveries`)).body as { data: Listed[] };
      return data.map(({ nextAttemptAt }) => nextAttemptAt !== null);
    };
    expect([await waiting(hook), await waiting(other)]).to.deep.equal([
      [false, true],
      [false, true],
    ]);
    const [, before] = (await api.get(`/webhooks/${hook}/deliveries`)).body.data;
    running.pass(60_000);
    await api.patch(`/webhooks/${hook}`, { inOrder: false });
    expect([await waiting(hook), await waiting(other)]).to.deep.equal([
      [true, true],
      [false, true],
    ]);
    const [, after] = (await api.get(`/webhooks/${hook}/deliveries`)).body.data;
    expect(after.nextAttemptAt).to.equal(before.nextAttemptAt);
    expect(receiver.received).to.have.length(0);
  });
});
