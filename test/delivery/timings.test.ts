import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import type { Agent } from 'undici';
import { type Sender, send } from '../../src/delivery/send.js';
import { guardedAgent } from '../../src/net/connect.js';
import { createGuard } from '../../src/net/guard.js';
import { parseRules } from '../../src/net/rules.js';
import type { Claimed } from '../../src/outbox/claim.js';
import type { Target } from '../../src/webhooks/target.js';
import { eventually } from '../support/eventually.js';
import { emit, makeHook, onlyDelivery } from '../support/outbox.js';
import { startReceiver } from '../support/receiver.js';
import { selfSigned } from '../support/selfSigned.js';
import { startHookbell } from '../support/server.js';

const claimed: Claimed = {
  seq: 1,
  id: 'msg_1',
  webhookId: 'w',
  type: 'sync.success',
  subject: null,
  body: '{"success":true}',
  attempts: 0,
  step: 0,
  leaseToken: 't',
  leaseUntil: 0,
  dueAt: 0,
};

const target = (url: string, more: Partial<Target> = {}): Target => ({
  id: 'w',
  botId: 'b',
  url,
  secret: 'a-secret-of-my-own',
  signingSecrets: () => ['whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='],
  headers: {},
  timeout: null,
  requestsPerSecond: null,
  concurrency: null,
  inOrder: true,
  probe: null,
  ...more,
});

const guard = createGuard(
  () => parseRules('127.0.0.1,localhost,no.such.host'),
  (host, _options, done) =>
    setImmediate(() =>
      host === 'localhost'
        ? done(null, [{ address: '127.0.0.1', family: 4 }])
        : done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), []),
    ),
);

const portOf = (server: Server) => (server.address() as AddressInfo).port;

const listening = async <S extends Server>(server: S): Promise<S> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

describe('the time of an attempt', () => {
  let agent: Agent;
  let tls: Server;

  const attempt = async (to: Target, ca = true) => {
    agent ??= guardedAgent(guard, { connect: { timeout: 5000, ...(ca && { ca: selfSigned.cert }) } });
    const sender: Sender = { agent, clock: Date.now, timeout: 10_000, userAgent: 'Hookbell/test' };
    const { attempt } = await send(sender, to, claimed, new AbortController().signal);
    // undici gives a connection back a turn after its answer.
    await new Promise(setImmediate);
    return attempt;
  };

  beforeEach(async () => {
    tls = await listening(createTlsServer(selfSigned, (_req, res) => void res.end('fine')));
  });
  afterEach(async () => {
    await agent.destroy();
    agent = undefined as never;
    tls.close();
  });

  it('is that of the name, the connection, TLS and the first byte, which together are not the whole', async () => {
    const { timings, durationMs, status } = await attempt(target(`https://localhost:${portOf(tls)}/`));
    const { reused, dnsMs, connectMs, tlsMs, firstByteMs } = timings;
    expect([status, reused]).to.deep.equal([200, false]);
    for (const step of [dnsMs, connectMs, tlsMs]) expect(step).to.be.above(0);
    expect(dnsMs! + connectMs! + tlsMs!).to.be.below(firstByteMs!);
    expect(firstByteMs!).to.be.at.most(durationMs + 1);
  });

  it('has no setup where the connection was there already', async () => {
    await attempt(target(`https://localhost:${portOf(tls)}/`));
    const { timings } = await attempt(target(`https://localhost:${portOf(tls)}/again`));
    expect(timings).to.include({ reused: true, dnsMs: null, connectMs: null, tlsMs: null });
    expect(timings.firstByteMs).to.be.above(0);
  });

  it('counts each connection for the request that it was made for, however many are made at once', async () => {
    const to = target(`https://localhost:${portOf(tls)}/`);
    const first = await Promise.all([attempt(to), attempt(to), attempt(to)]);
    const next = await Promise.all([attempt(to), attempt(to), attempt(to), attempt(to)]);
    expect(first.map(({ timings }) => timings.reused)).to.deep.equal([false, false, false]);
    expect(next.map(({ timings }) => timings.reused).sort()).to.deep.equal([false, true, true, true]);
  });

  it('has no name and no TLS of an IP address over plain HTTP', async () => {
    const receiver = await startReceiver();
    const { timings } = await attempt(target(receiver.url));
    expect(timings).to.include({ reused: false, dnsMs: null, tlsMs: null });
    expect(timings.connectMs).to.be.above(0);
    await receiver.close();
  });

  it('says how far one got that failed', async () => {
    const dead = await listening(createServer());
    const port = portOf(dead);
    dead.close();
    const refused = await attempt(target(`http://127.0.0.1:${port}/`));
    expect(refused.timings).to.include({ reused: null, dnsMs: null, tlsMs: null, firstByteMs: null });
    expect(refused.timings.connectMs).to.be.above(0);

    const nameless = await attempt(target(`http://no.such.host:${port}/`));
    expect(nameless.error).to.equal('The host name does not exist');
    expect(nameless.timings).to.include({ reused: null, connectMs: null, tlsMs: null });
    expect(nameless.timings.dnsMs).to.be.above(0);
  });

  it('says how long TLS took that ended in a certificate nobody trusts', async () => {
    const { timings, error } = await attempt(target(`https://127.0.0.1:${portOf(tls)}/`), false);
    expect(error).to.equal('The certificate is self-signed');
    expect(timings).to.include({ reused: null, dnsMs: null });
    expect(timings.connectMs).to.be.above(0);
    expect(timings.tlsMs).to.be.above(0);
  });

  it('ends with the time of the webhook, also while there is no connection yet', async () => {
    const silent = await listening(createServer());
    const to = target(`https://127.0.0.1:${portOf(silent)}/`, { timeout: 50 });
    const { timings, error } = await attempt(to);
    expect(error).to.equal('No complete answer within 0.05 s');
    expect(timings.reused).to.equal(null);
    silent.close();
  });
});

describe('the time that a webhook has of its own', () => {
  it('is not cut short by that of the instance, also while a connection is made', async () => {
    const silent = await listening(createServer());
    const running = await startHookbell({ env: { DELIVERY_TIMEOUT: '100ms' } });
    const hook = await makeHook(running, `https://127.0.0.1:${portOf(silent)}/`);
    await running.hookbell.deps.db('webhooks').update({ timeout_ms: 2_000 });
    await emit(running, hook.botId);
    const { attempts } = await eventually('an attempt', async () => {
      const found = await onlyDelivery(running, hook.id);
      return found.delivery.attempts === 1 && found;
    });
    expect(attempts[0]!.error).to.equal('No complete answer within 2 s');
    await running.stop();
    silent.close();
  });
});

describe('the headers of a webhook', () => {
  it('are sent beside ours, and are masked wherever they come back', async () => {
    const receiver = await startReceiver();
    receiver.answer((_req, res, got) => {
      const { authorization = '', 'x-tenant': tenant = '' } = got.headers;
      res.writeHead(200, { 'X-Echo': authorization });
      res.end(`${authorization} | ${authorization.slice(7)} | ${JSON.stringify({ tenant })} | 7`);
    });
    const agent = guardedAgent(guard);
    const sender = { agent, clock: Date.now, timeout: 10_000, userAgent: 'Hookbell/test' };
    const headers = { Authorization: 'Bearer token-of-ours', 'X-Tenant': 'say "hello" to 7', 'X-Id': '7' };

    const { attempt } = await send(
      sender,
      target(receiver.url, { headers }),
      claimed,
      new AbortController().signal,
    );

    const [got] = receiver.received;
    expect(got!.headers).to.include({
      authorization: 'Bearer token-of-ours',
      'x-tenant': 'say "hello" to 7',
      'x-id': '7',
      'webhook-id': 'msg_1',
      'x-secret-key': 'a-secret-of-my-own',
    });
    expect(attempt.requestHeaders).to.include({
      Authorization: '••••••',
      'X-Tenant': '••••••',
      'X-Id': '••••••',
      'webhook-id': 'msg_1',
    });
    expect(attempt.responseBody).to.equal('•••••• | •••••• | {"tenant":"••••••"} | 7');
    expect(attempt.responseHeaders).to.include({ 'x-echo': '••••••' });
    await agent.destroy();
    await receiver.close();
  });
});

describe('the log of a delivery', () => {
  it('keeps the times of each attempt', async () => {
    const receiver = await startReceiver();
    const running = await startHookbell();
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    const { attempts } = await eventually('a delivery', async () => {
      const found = await onlyDelivery(running, hook.id);
      return found.delivery.status === 'delivered' && found;
    });
    const { timings } = attempts[0]!;
    expect(timings).to.include({ reused: false, dnsMs: null, tlsMs: null });
    expect(timings.connectMs).to.be.a('number');
    expect(timings.firstByteMs).to.be.at.least(timings.connectMs!);
    await running.stop();
    await receiver.close();
  });
});
