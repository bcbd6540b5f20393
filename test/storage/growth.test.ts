import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { outboxPruner } from '../../src/outbox/prune.js';
import { retention } from '../../src/retention.js';
import { usedBytes } from '../../src/storage/limit.js';
import { fillLog } from '../support/log.js';
import { emit, type Hook, makeHook } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';

const day = 24 * 3_600_000;
const nowhere = 'http://127.0.0.1:9/';

describe('growth', () => {
  let running: Running;
  let hook: Hook;

  async function start(env: Record<string, string> = {}) {
    running = await startHookbell({ background: false, env });
    hook = await makeHook(running, nowhere);
  }
  afterEach(() => running.stop());

  const fill = (count: number, more: Partial<Parameters<typeof fillLog>[1]> = {}) =>
    fillLog(running.hookbell.deps.db, {
      webhookId: hook.id,
      botId: hook.botId,
      count,
      status: 'delivered',
      from: now() - 40 * day,
      ...more,
    });
  const now = () => running.hookbell.deps.clock();
  const fileBytes = () => statSync(join(running.dataDir, 'hookbell.sqlite')).size;
  const counts = async () => {
    const { db } = running.hookbell.deps;
    const count = async (table: string) => Number((await db(table).count({ n: '*' }))[0]!.n);
    return [await count('events'), await count('deliveries'), await count('attempts')];
  };

  it('gives the space of a pruned log back to the disk, while others go on writing', async function () {
    this.timeout(60_000);
    await start();
    const { deps, syncs } = running.hookbell;
    await fill(6000, { answer: 4000 });
    const before = fileBytes();
    expect(before).to.be.greaterThan(20_000_000);
    const keepWithin = retention(deps, syncs);
    let written = 0;
    let over = false;
    const writing = (async () => {
      while (!over) {
        await emit(running, hook.botId, written);
        written += 1;
      }
    })();

    const isSmall = async () => fileBytes() < before / 3 && (await counts())[2] === 0;
    while (!(await isSmall())) await keepWithin(now());
    over = true;
    await writing;

    expect(written).to.be.greaterThan(10);
    expect(await counts()).to.deep.equal([written, written, 0]);
    expect(await deps.db.raw('PRAGMA integrity_check')).to.deep.equal([{ integrity_check: 'ok' }]);
    expect(await deps.db.raw('PRAGMA busy_timeout')).to.deep.equal([{ timeout: 5000 }]);
  });

  it('leaves the file as long as it is while little of it is free', async () => {
    await start();
    const { deps, syncs } = running.hookbell;
    await fill(500, { answer: 1000 });
    const keepWithin = retention(deps, syncs);
    await keepWithin(now());
    const before = fileBytes();

    await keepWithin(now());

    expect(await counts()).to.deep.equal([0, 0, 0]);
    expect(fileBytes()).to.equal(before);
  });

  it('removes the oldest that are over until the database is within RETENTION_SIZE, and nothing that waits', async () => {
    await start({ RETENTION_SIZE: '10MB' });
    const { deps, syncs } = running.hookbell;
    await fill(100, { status: 'pending', from: now() - 90 * day });
    await fill(4000, { from: now() - 5 * day, answer: 4000 });
    await fill(50, { status: 'failed', from: now() - day });
    const keepWithin = retention(deps, syncs);

    for (let turn = 0; turn < 60 && (await usedBytes(deps.db)) > 10_000_000; turn++) await keepWithin(now());

    const left = await deps.db('deliveries').orderBy('seq');
    const delivered = left.filter(({ status }) => status === 'delivered').map(({ id }) => id as string);
    expect(left.filter(({ status }) => status === 'pending')).to.have.lengthOf(100);
    expect(left.filter(({ status }) => status === 'failed')).to.have.lengthOf(50);
    expect(delivered.length).to.be.within(500, 3999);
    const numbers = delivered.map((id) => Number(id.split('_')[2]));
    const last = numbers.at(-1)!;
    expect(numbers).to.deep.equal(delivered.map((_, n) => last - delivered.length + n + 1));
    expect(await counts()).to.deep.equal([left.length, left.length, left.length - 100]);
  });

  it('stops where nothing is left that may go', async () => {
    await start({ RETENTION_SIZE: '10MB' });
    const { deps, syncs } = running.hookbell;
    await fill(20, { from: now() - day });
    await fill(40_000, { status: 'pending', from: now() - day });
    const keepWithin = retention(deps, syncs);

    for (let turn = 0; turn < 5; turn++) await keepWithin(now());

    expect(await usedBytes(deps.db)).to.be.greaterThan(10_000_000);
    expect(await counts()).to.deep.equal([40_000, 40_000, 0]);
  });

  describe('pruning', () => {
    const prune = async (until: number, most = 10) => {
      const pruner = outboxPruner(running.hookbell.deps.db);
      let steps = 1;
      while (await pruner.step(until, most)) steps += 1;
      return steps;
    };

    it('removes old events that nobody heard, and no young ones', async () => {
      await start();
      const { db } = running.hookbell.deps;
      const event = { bot_id: hook.botId, type: 'sync.success', body: '{}', test: false };
      const ages = Array.from({ length: 25 }, (_, n) => ({ ...event, created_at: n < 21 ? n : now() }));
      await db.batchInsert('events', ages, 10);

      expect(await prune(1000)).to.equal(3);

      expect(await counts()).to.deep.equal([4, 0, 0]);
    });

    it('keeps old events whose deliveries wait, and removes them with the last of their deliveries', async () => {
      await start();
      const { db } = running.hookbell.deps;
      await fill(25, { status: 'pending', from: 0 });
      const pruner = outboxPruner(db);
      for (let step = 0; step < 4; step++) await pruner.step(1000, 10);
      expect(await counts()).to.deep.equal([25, 25, 0]);
      await db('deliveries').where('seq', '<=', 20).update({ status: 'delivered', finished_at: 500 });

      while (await pruner.step(1000, 10));

      expect(await counts()).to.deep.equal([5, 5, 0]);
    });

    it('removes the deliveries of a deleted webhook and then the webhook, but not events that are young', async () => {
      await start();
      const { db } = running.hookbell.deps;
      await fill(12, { status: 'pending', from: 0 });
      await fill(13, { from: now() });
      await db('webhooks').where({ id: hook.id }).update({ deleted_at: now() });

      await prune(1000);
      await prune(1000);

      expect(await counts()).to.deep.equal([13, 0, 0]);
      expect(await db('webhooks')).to.deep.equal([]);
    });
  });
});
