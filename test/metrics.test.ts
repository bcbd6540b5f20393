import { expect } from 'chai';
import supertest from 'supertest';
import { eventually } from './support/eventually.js';
import { emit, makeHook } from './support/outbox.js';
import { startReceiver } from './support/receiver.js';
import { type Running, startHookbell } from './support/server.js';

describe('/metrics', () => {
  let running: Running;
  afterEach(() => running.stop());
  const ask = (headers: Record<string, string> = {}) =>
    supertest(running.url)
      .get('/metrics')
      .set(headers)
      .then((answer) => answer);

  it('counts attempts and what waits, as Prometheus text, for callers on this machine', async () => {
    running = await startHookbell();
    const receiver = await startReceiver();
    const hook = await makeHook(running, receiver.url);
    await emit(running, hook.botId);
    await receiver.wait(1);
    await eventually('the attempt is counted', async () =>
      (await ask()).text.includes('hookbell_delivery_attempts_total{outcome="delivered"} 1'),
    );
    const { headers, text } = await ask();
    expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    expect(text).to.include('hookbell_deliveries_waiting 0');
    await receiver.close();
  });

  it('is refused to what comes through a proxy, and to a wrong token', async () => {
    running = await startHookbell({ background: false, env: { METRICS_TOKEN: 'a-token-for-metrics' } });
    const outside = { 'X-Forwarded-For': '203.0.113.7' };
    expect((await ask(outside)).status).to.equal(403);
    expect((await ask({ ...outside, Authorization: 'Bearer another' })).status).to.equal(403);
    expect((await ask({ ...outside, Authorization: 'Bearer a-token-for-metrics' })).status).to.equal(200);
  });
});
