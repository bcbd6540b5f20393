import { expect } from 'chai';
import type { Knex } from 'knex';
import { measure, nextOf, type Selection } from '../../src/replays/selection.js';
import { replayStore } from '../../src/replays/store.js';
import { engine } from '../support/engine.js';
import { admin } from '../support/outbox.js';
import { planOf } from '../support/plans.js';
import { type Running, startHookbell } from '../support/server.js';
import { failedHook } from './ground.js';

describe('every query of replays', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(() => running.stop());

  type Asked = { sql: string; bindings: Knex.Value[] };

  /** How the statements that `work` sends are carried out; what belongs to transactions is left out. */
  async function plansOf(work: (connection: Knex) => Promise<unknown>): Promise<string[]> {
    const { db } = running.hookbell.deps;
    const asked: Asked[] = [];
    const note = ({ sql, bindings }: Asked) => void asked.push({ sql, bindings });
    db.on('query', note);
    await work(db);
    db.off('query', note);
    const plans: string[] = [];
    for (const one of asked.filter(({ sql }) => /^(select|update|delete|with)/i.test(sql)))
      plans.push(...(await planOf(db, one)));
    return plans;
  }

  const selection: Selection = { webhookId: 'x', status: 'finished', since: 1, until: 9, asOf: 9 };

  it('counts in an index alone', async () => {
    const plans = await plansOf((db) => measure(db, selection));
    expect(plans.join('\n')).to.match(
      engine === 'sqlite'
        ? /^.*USING COVERING INDEX deliveries_replayable \(webhook_id=\? AND status=\? AND created_at>\? AND created_at<\?\)$/
        : /Index Only Scan using deliveries_replayable .*\nIndex Cond: .*webhook_id.*status.*created_at.*created_at/,
    );
  });

  it('takes the next ones from an index that has them in order, and looks at those alone', async () => {
    const { hook } = await failedHook(running, 'http://127.0.0.1:9/', 3);
    const wanted = { ...selection, webhookId: hook.id, since: 0, until: null, asOf: 2 ** 50 };
    const plans = await plansOf(async (db) => {
      expect(await nextOf(db, wanted, { afterSeq: 0, lastSeq: 2 ** 50 }, 2)).to.have.length(2);
    });
    const inOrder =
      engine === 'sqlite'
        ? /USING COVERING INDEX deliveries_webhook_id_status_seq_index \(webhook_id=\? AND status=\? AND seq>\? AND seq<\?\)/g
        : /Index Only Scan using deliveries_webhook_id_status_seq_index .*\nIndex Cond: .*webhook_id.*status.*seq >.*seq </g;
    expect(plans.join('\n').match(inOrder)).to.have.length(2);
    expect(plans.join('\n')).not.to.match(/SCAN|TEMP B-TREE|Seq Scan|Sort/);
  });

  it('scans no table', async () => {
    const { replays, replaying } = running.hookbell;
    const { hook, at } = await failedHook(running, 'http://127.0.0.1:9/', 3);
    await running.hookbell.deps.db('deliveries').update({ subject: 'one' });
    const plans = await plansOf(async (db) => {
      const order = { since: 0, until: null, status: 'failed', perSecond: 1 } as const;
      const { id } = await replays.start(hook.id, order, admin, at);
      await replaying.sweep(at);
      await replays.cancel(id, admin, at);
      await replaying.prune(at);
      await replayStore(db).listOf(hook.id, { limit: 10, after: [at, id] });
      await replayStore(db).latest({ 'replays.webhook_id': hook.id }, 5);
      await replayStore(db).latest({ 'webhooks.bot_id': hook.botId }, 5);
    });
    expect(plans.length).to.be.greaterThan(10);
    expect(
      plans.filter((plan) =>
        /^SCAN (?!replays USING INDEX replays_running)|Seq Scan on (deliveries|events|attempts)/.test(plan),
      ),
    ).to.deep.equal([]);
  });
});
