import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../support/eventually.js';
import { admin, emit, makeHook, onlyDelivery } from '../support/outbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('a delivery', () => {
  let running: Running;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    running = await startHookbell({ env: { DELIVERY_TIMEOUT: '300ms', RETRY_SCHEDULE: '5s,5m' } });
  });
  afterEach(async () => {
    await running.stop();
    await receiver.close();
  });

  const settledAs = (webhookId: string, status: string, attempts: number) =>
    eventually(`a delivery that is ${status} after ${attempts} attempts`, async () => {
      const found = await onlyDelivery(running, webhookId);
      return found.delivery.status === status && found.delivery.attempts === attempts && found;
    });

  it('is one POST with the body, the secret and a signature that the standard library accepts', async () => {
    const hook = await makeHook(running, `${receiver.url}/crm?tenant=7`);
    await emit(running, hook.botId, 12);
    const [got] = await receiver.wait(1);
    const { delivery } = await settledAs(hook.id, 'delivered', 1);

    expect(got!.method).to.equal('POST');
    expect(got!.path).to.equal('/crm?tenant=7');
    expect(got!.body).to.equal(
      '{"success":true,"results":{"totalTokens":12,"modifiedRows":1,"totalDocuments":1,"unmodifiedRows":0,"totalDataSourceRows":1},"bot":"Help desk","dataSource":"Manual"}',
    );
    expect(got!.headers).to.include({
      'content-type': 'application/json; charset=utf-8',
      'x-secret-key': hook.secret,
      'webhook-id': delivery.id,
      'x-hookbell-event': 'sync.success',
      'x-hookbell-attempt': '1',
      'user-agent': `Hookbell/${running.hookbell.deps.version}`,
    });
    expect(delivery.id).to.match(/^msg_[0-9a-f]{32}$/);
    expect(new Webhook(hook.signingSecret!).verify(got!.body, got!.headers)).to.be.an('object');
  });

  it('keeps what was sent and answered, with the secret masked even where the receiver echoes it', async () => {
    receiver.answer((_req, res, got) => {
      res
        .writeHead(200, { 'X-Echo': got.headers['x-secret-key'] })
        .end(`you sent ${got.headers['x-secret-key']}`);
    });
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    const { attempts } = await settledAs(hook.id, 'delivered', 1);

    const [attempt] = attempts;
    expect(attempt).to.include({ attempt: 1, status: 200, error: null, truncated: false });
    expect(attempt!.responseBody).to.equal('you sent ••••••');
    expect(attempt!.responseHeaders).to.include({ 'x-echo': '••••••' });
    expect(attempt!.requestHeaders).to.include({ 'X-Secret-Key': '••••••' });
    expect(JSON.stringify(attempts)).not.to.include(hook.secret);
  });

  for (const status of [200, 201, 202, 204, 299]) {
    it(`is delivered by a ${status}`, async () => {
      receiver.answer(status);
      const hook = await makeHook(running, receiver.url);
      await emit(running, hook.botId);
      const { delivery } = await settledAs(hook.id, 'delivered', 1);
      expect(delivery).to.include({ nextAttemptAt: null });
      expect(delivery.finishedAt).to.be.a('number');
    });
  }

  for (const status of [301, 302, 307, 400, 401, 404, 409, 429, 500, 503]) {
    it(`waits for the schedule after a ${status}, and then sends the same id with the next number`, async () => {
      receiver.answer((_req, res) =>
        res.writeHead(status, { Location: 'http://127.0.0.1:1/elsewhere' }).end('no'),
      );
      const hook = await makeHook(running, receiver.url);
      await emit(running, hook.botId);
      const first = await settledAs(hook.id, 'pending', 1);
      expect(first.delivery.nextAttemptAt! - first.attempts[0]!.startedAt).to.be.within(4_500, 5_800);
      expect(first.attempts[0]).to.include({ status, responseBody: 'no' });

      receiver.answer(200);
      running.pass(6_000);
      const { delivery } = await settledAs(hook.id, 'delivered', 2);
      expect(receiver.received.map((got) => got.headers['webhook-id'])).to.deep.equal([
        delivery.id,
        delivery.id,
      ]);
      expect(receiver.received.map((got) => got.headers['x-hookbell-attempt'])).to.deep.equal(['1', '2']);
    });
  }

  it('never follows a redirect, and shows where it pointed', async () => {
    const trap = await startReceiver();
    receiver.answer((_req, res) => res.writeHead(302, { Location: `${trap.url}/trap` }).end());
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    const { attempts } = await settledAs(hook.id, 'pending', 1);
    expect(attempts[0]!.error).to.include(`${trap.url}/trap`);
    expect(trap.received).to.have.length(0);
    await trap.close();
  });

  it('disables the webhook on a 410 and is not tried again', async () => {
    receiver.answer(410);
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    await settledAs(hook.id, 'failed', 1);
    const webhook = await running.hookbell.webhooks.seenBy(admin, hook.id);
    expect(webhook.enabled).to.equal(false);
    expect(webhook.disabledReason).to.include('410');
    await emit(running, hook.botId);
    expect(
      await running.hookbell.deliveries.listOf(hook.id, null, { limit: 10, after: null }),
    ).to.have.length(1);
  });

  for (const [what, value, wait] of [
    ['seconds', () => '120', 120_000],
    ['a date', () => new Date(Date.now() + 600_000).toUTCString(), 600_000],
    ['more than a day', () => '9999999', 86_400_000],
  ] as const) {
    it(`waits as long as a 503 asks for in ${what}, at most 24 h`, async () => {
      receiver.answer((_req, res) => res.writeHead(503, { 'Retry-After': value() }).end());
      const hook = await makeHook(running, receiver.url);
      await emit(running, hook.botId);
      const { delivery, attempts } = await settledAs(hook.id, 'pending', 1);
      expect(delivery.nextAttemptAt! - attempts[0]!.startedAt).to.be.closeTo(wait, 2_500);
    });
  }

  for (const status of [429, 500, 502, 599]) {
    it(`waits as long as a ${status} asks for`, async () => {
      receiver.answer((_req, res) => res.writeHead(status, { 'Retry-After': '300' }).end());
      const hook = await makeHook(running, receiver.url);
      await emit(running, hook.botId);
      const { delivery, attempts } = await settledAs(hook.id, 'pending', 1);
      expect(delivery.nextAttemptAt! - attempts[0]!.startedAt).to.be.closeTo(300_000, 2_500);
    });
  }

  it('does not heed a Retry-After that is neither a number nor a date, or shorter than the schedule', async () => {
    const hook = await makeHook(running, receiver.url);
    receiver.answer((_req, res) => res.writeHead(503, { 'Retry-After': 'soon' }).end());
    await emit(running, hook.botId);
    const first = await settledAs(hook.id, 'pending', 1);
    expect(first.delivery.nextAttemptAt! - first.attempts[0]!.startedAt).to.be.within(4_500, 5_800);
    receiver.answer((_req, res) => res.writeHead(503, { 'Retry-After': '1' }).end());
    running.pass(6_000);
    const second = await settledAs(hook.id, 'pending', 2);
    expect(second.delivery.nextAttemptAt! - second.attempts[1]!.startedAt).to.be.within(270_000, 331_000);
  });

  for (const [what, reply, error] of [
    [
      'closes the connection without an answer',
      (_req: unknown, res: ServerResponse) => res.destroy(),
      'The receiver closed the connection without an answer',
    ],
    [
      'closes it in the middle of the answer',
      (_req: unknown, res: ServerResponse) => {
        res.writeHead(200, { 'Content-Length': '1000' });
        res.write('half', () => res.socket!.destroy());
      },
      'The receiver closed the connection',
    ],
    [
      'answers something that is not HTTP',
      (_req: unknown, res: ServerResponse) => res.socket!.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
      'The answer was not HTTP',
    ],
  ] as const) {
    it(`fails and is tried again when the receiver ${what}`, async () => {
      receiver.answer(reply as never);
      const hook = await makeHook(running, receiver.url);
      await emit(running, hook.botId);
      const { attempts } = await settledAs(hook.id, 'pending', 1);
      expect(attempts[0]!.error).to.include(error);
      receiver.answer(200);
      running.pass(6_000);
      await settledAs(hook.id, 'delivered', 2);
    });
  }

  it('does not heed the Retry-After of a 400', async () => {
    receiver.answer((_req, res) => res.writeHead(400, { 'Retry-After': '7200' }).end());
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    const { delivery, attempts } = await settledAs(hook.id, 'pending', 1);
    expect(delivery.nextAttemptAt! - attempts[0]!.startedAt).to.be.below(6_000);
  });

  it('is failed, visible and can be sent again when the schedule is exhausted', async () => {
    receiver.answer(500);
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    await settledAs(hook.id, 'pending', 1);
    running.pass(6_000);
    await settledAs(hook.id, 'pending', 2);
    running.pass(400_000);
    const { delivery, attempts } = await settledAs(hook.id, 'failed', 3);
    expect(attempts.map((attempt) => attempt.attempt)).to.deep.equal([1, 2, 3]);

    receiver.answer(200);
    await running.hookbell.deliveries.redeliver(delivery.id, admin, running.hookbell.deps.clock());
    const again = await settledAs(hook.id, 'delivered', 4);
    expect(again.delivery.id).to.equal(delivery.id);
    expect(receiver.received.at(-1)!.headers).to.include({
      'webhook-id': delivery.id,
      'x-hookbell-attempt': '4',
    });
  });

  for (const [what, reply] of [
    ['never answers', () => undefined],
    [
      'answers drop by drop',
      (_req: unknown, res: { write: (s: string) => void; on: (e: string, f: () => void) => void }) => {
        const drip = setInterval(() => res.write('x'), 20);
        res.on('close', () => clearInterval(drip));
      },
    ],
  ] as const) {
    it(`gives up within its time when the receiver ${what}`, async () => {
      receiver.answer(reply as never);
      const hook = await makeHook(running, receiver.url);
      await emit(running, hook.botId);
      const { attempts } = await settledAs(hook.id, 'pending', 1);
      expect(attempts[0]).to.include({ status: null, error: 'No complete answer within 0.3 s' });
    });
  }

  it('reads 64 KiB of a huge answer at most, keeps 16 and says so', async () => {
    let sent = 0;
    receiver.answer((_req, res) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const pour = () => {
        while (!res.destroyed && res.write(chunk)) sent += chunk.length;
      };
      res.on('drain', pour);
      pour();
    });
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    const { attempts } = await settledAs(hook.id, 'delivered', 1);
    expect(attempts[0]!.responseBody).to.have.length(16 * 1024);
    expect(attempts[0]!.truncated).to.equal(true);
    expect(sent).to.be.below(50 * 1024 * 1024);
  });

  it('says in words that nothing listens there', async () => {
    const dead = await startReceiver();
    await dead.close();
    const hook = await makeHook(running, dead.url);
    await emit(running, hook.botId);
    const { attempts } = await settledAs(hook.id, 'pending', 1);
    expect(attempts[0]).to.include({
      status: null,
      error: 'Nothing listens there: the connection was refused',
    });
  });

  it('fails, with the rule and the setting, when the address is not allowed any more', async () => {
    const hook = await makeHook(running, receiver.url);
    await running.stop({ keep: true });
    running = await startHookbell({ dataDir: running.dataDir, env: { OUTBOUND_ALLOW: '10.0.0.0/8' } });
    await emit(running, hook.botId);
    const { attempts } = await settledAs(hook.id, 'pending', 1);
    expect(attempts[0]!.error).to.match(/127\.0\.0\.1 .*OUTBOUND_ALLOW=127\.0\.0\.1/);
    expect(receiver.received).to.have.length(0);
  });
});
