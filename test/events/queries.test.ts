import { expect } from 'chai';
import { eventStore, type Whose } from '../../src/events/store.js';
import { planOf } from '../support/plans.js';
import { type Running, startHookbell } from '../support/server.js';

describe('every query of events', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(() => running.stop());

  type Asked = { sql: string; bindings: string[] };

  it('reads a range of an index that has them in order', async () => {
    const { db } = running.hookbell.deps;
    const asked: Asked[] = [];
    const note = (query: Asked) => void asked.push(query);
    const events = eventStore(db);
    const everyone: Whose[] = [{ botId: 'b' }, { agentId: null }, { agentId: 'u' }];
    db.on('query', note);
    for (const type of [null, 'sync.success']) {
      await events.listOf('b', type, { limit: 50, after: null });
      await events.listOf('b', type, { limit: 50, after: [9] });
      for (const whose of everyone) await events.between({ from: 1, to: 9 }, whose, type ? [type] : [], 50);
    }
    await events.between({ from: 1, to: 9 }, { botId: 'b' }, ['sync.success', 'sync.failure'], 50);
    await events.newest();
    await events.oldest();
    await events.toldOf([1, 2]);
    db.off('query', note);

    expect(asked).to.have.length(14);
    for (const { sql, bindings } of asked) {
      const plan = (await planOf(db, { sql, bindings })).join('\n');
      expect(plan, sql).not.to.match(/SCAN|Seq Scan/);
      if (!sql.includes('join')) expect(plan, sql).not.to.match(/TEMP B-TREE|Sort/);
      if (/`type` = \?.* desc/.test(sql))
        expect(plan, sql).to.include('events_bot_id_type_seq_index (bot_id=? AND type=?');
    }
  });
});
