import { expect } from 'chai';
import { strandedDeliveries } from '../../src/outbox/stranded.js';
import { type Hook, makeHook } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';

describe('deliveries that wait for one before them', () => {
  let running: Running;
  let hook: Hook;
  beforeEach(async () => {
    running = await startHookbell({ background: false });
    hook = await makeHook(running, 'http://127.0.0.1:1/');
  });
  afterEach(() => running.stop());

  const db = () => running.hookbell.deps.db;
  const happen = (subject: string) =>
    db().transaction((tx) => {
      const event = { botId: hook.botId, type: 'sync.success', subject, body: '{}' };
      return running.hookbell.outbox.append(tx, event, 1_000);
    });
  const nextAttempts = () => db()('deliveries').orderBy('seq').pluck('next_attempt_at');

  it('go on although nobody let them, if there is none', async () => {
    for (const subject of ['one', 'one', 'two', 'two', 'two']) await happen(subject);
    const [first] = await db()('deliveries').where({ subject: 'two' }).orderBy('seq');
    await db()('deliveries').where({ seq: first.seq }).update({ status: 'failed', next_attempt_at: null });
    const webhooks = await strandedDeliveries(db())(2_000);
    expect(webhooks).to.deep.equal([hook.id]);
    expect(await nextAttempts()).to.deep.equal([1_000, null, null, 2_000, null]);
  });

  it('are looked at some at a time, from where it was left', async () => {
    await db().raw(
      `INSERT INTO events (bot_id, type, body, test, created_at)
       WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2100)
       SELECT ?, 'sync.success', '{}', ?, 0 FROM numbers`,
      [hook.botId, false],
    );
    await db().raw(
      `INSERT INTO deliveries (id, event_seq, webhook_id, subject, status, created_at)
       SELECT 'msg_' || seq, seq, ?, 'subject ' || seq, 'pending', 0 FROM events`,
      [hook.id],
    );
    const free = strandedDeliveries(db());
    const left = async () => (await db()('deliveries').whereNull('next_attempt_at')).length;
    await free(2_000);
    expect(await left()).to.equal(100);
    await free(2_000);
    expect(await left()).to.equal(0);
    expect(await free(2_000)).to.deep.equal([]);
  });
});
