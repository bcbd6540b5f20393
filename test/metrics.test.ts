import { expect } from 'chai';
import supertest from 'supertest';
import { eventually } from './support/eventually.js';
import { type Family, readExposition } from './support/exposition.js';
import { admin, emit, type Hook, makeHook } from './support/outbox.js';
import { type Receiver, startReceiver } from './support/receiver.js';
import { type Running, startHookbell } from './support/server.js';

const hour = 3_600_000;

describe('/metrics', () => {
  let running: Running;
  afterEach(() => running.stop());
  const ask = (headers: Record<string, string> = {}) =>
    supertest(running.url)
      .get('/metrics')
      .set(headers)
      .then((answer) => answer);
  const read = async () => readExposition((await ask()).text);
  const reading = (families: Map<string, Family>, family: string, labels: object = {}, suffix = '') =>
    families
      .get(family)
      ?.samples.find(
        ({ name, labels: own }) => name === family + suffix && JSON.stringify(own) === JSON.stringify(labels),
      )?.value;

  describe('of deliveries', () => {
    let receiver: Receiver;
    let hook: Hook;
    beforeEach(async () => {
      [running, receiver] = [await startHookbell({ env: { RETRY_SCHEDULE: '5s' } }), await startReceiver()];
      hook = await makeHook(running, receiver.url);
    });
    afterEach(() => receiver.close());

    it('has the figures that the pages have', async () => {
      const look = () => running.hookbell.figures.ofAll(admin, '24h', running.hookbell.deps.clock());
      const counted = (delivered: number, retried: number, failed: number) =>
        eventually('all is counted', async () => {
          const { total } = await look();
          return total.delivered === delivered && total.retried === retried && total.failed === failed;
        });
      await emit(running, hook.botId);
      await emit(running, hook.botId);
      await counted(2, 0, 0);
      receiver.answer(500);
      await emit(running, hook.botId);
      await counted(2, 1, 0);
      running.pass(6_000);
      await counted(2, 1, 1);

      const families = await read();
      const attempts = (outcome: string) =>
        reading(families, 'hookbell_delivery_attempts_total', { outcome });
      expect(['delivered', 'retried', 'failed'].map(attempts)).to.deep.equal([2, 1, 1]);
      const deliveries = (outcome: string) => reading(families, 'hookbell_deliveries_total', { outcome });
      expect(['delivered', 'failed', 'retried'].map(deliveries)).to.deep.equal([2, 1, undefined]);
      const durations = 'hookbell_delivery_attempt_duration_seconds';
      expect(reading(families, durations, {}, '_count')).to.equal(receiver.received.length);
      expect(reading(families, durations, {}, '_sum')).to.be.within(0, 20);
    });

    it('tells what waits, and for how long what could be sent has been due', async () => {
      const backlog = async () => {
        const families = await read();
        return {
          waiting: reading(families, 'hookbell_deliveries_waiting'),
          age: reading(families, 'hookbell_oldest_due_delivery_age_seconds'),
        };
      };
      expect(await backlog()).to.deep.equal({ waiting: 0, age: 0 });
      await running.hookbell.webhooks.pause(hook.id, admin, running.hookbell.deps.clock());
      await emit(running, hook.botId);
      running.pass(hour);
      expect(await backlog()).to.deep.equal({ waiting: 1, age: 0 });
    });
  });

  it('tells how late the courier is', async () => {
    running = await startHookbell({ background: false });
    const hook = await makeHook(running, 'http://127.0.0.1:9/');
    await emit(running, hook.botId);
    running.pass(hour);
    const age = reading(await read(), 'hookbell_oldest_due_delivery_age_seconds');
    expect(age).to.be.within(3600, 3660);
  });

  it('is Prometheus text, with names and units by its conventions', async () => {
    running = await startHookbell({ background: false });
    const { headers } = await ask();
    expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    const own = [...(await read()).values()].filter(({ name }) => name.startsWith('hookbell_'));
    expect(own.length).to.be.at.least(6);
    for (const { name, type, help, samples } of own) {
      expect(name).to.match(/^hookbell(_[a-z]+)+$/);
      expect(name.endsWith('_total'), name).to.equal(type === 'counter');
      expect(name).not.to.match(
        /_(ms|milliseconds|minutes|hours|kb|mb|kilobytes|megabytes|count|sum|bucket)$/,
      );
      expect(help, name).to.match(/^[A-Z].*[^.]$/);
      for (const { labels } of samples) {
        for (const label of Object.keys(labels)) expect(label).to.match(/^[a-z]+(_[a-z]+)*$/);
      }
    }
  });

  it('is refused to what comes through a proxy, and to a wrong token', async () => {
    running = await startHookbell({ background: false, env: { METRICS_TOKEN: 'a-token-for-metrics' } });
    const outside = { 'X-Forwarded-For': '203.0.113.7' };
    expect((await ask(outside)).status).to.equal(403);
    expect((await ask({ ...outside, Authorization: 'Bearer another' })).status).to.equal(403);
    expect((await ask({ ...outside, Authorization: 'Bearer a-token-for-metrics' })).status).to.equal(200);
  });
});
