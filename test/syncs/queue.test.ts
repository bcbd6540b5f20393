import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { NotFound } from '../../src/errors.js';
import { findTrigger } from '../../src/webhooks/trigger.js';
import { planOf } from '../support/plans.js';
import { whileSomebodyWrites } from '../support/writing.js';
import { ada, entries, type Ground, ground } from './ground.js';

describe('the queue of syncs', () => {
  let g: Ground;
  let sourceId: string;

  beforeEach(async () => {
    g = await ground({ runs: false });
    const source = await g.source({ ...entries({ A: 'a' }), enabled: false });
    sourceId = source.id;
    await g.change(sourceId, { enabled: true });
  });
  afterEach(() => g.stop());

  const enqueue = (trigger: 'manual' | 'hook' | 'schedule' | 'api', force = false) =>
    g.syncs.enqueue(sourceId, trigger, { force }, g.clock());

  it('holds one of a source, whoever asks', async () => {
    const first = await enqueue('hook');

    const second = await enqueue('api');

    expect(first).to.include({ sourceId, trigger: 'hook', status: 'queued', force: false, tries: 0 });
    expect(second).to.deep.equal(first);
  });

  it('forces when any that asked did', async () => {
    const first = await enqueue('hook');

    const second = await enqueue('manual', true);

    expect(second).to.deep.equal({ ...first, force: true });
    expect((await enqueue('hook')).force).to.equal(true);
  });

  it('answers a hundred at once with one sync and a few round trips', async () => {
    let statements = 0;
    for (const one of new Set([g.db, g.reader])) {
      one.on('query', () => {
        statements += 1;
      });
    }

    const syncs = await Promise.all(Array.from({ length: 100 }, () => enqueue('hook')));

    expect(new Set(syncs.map(({ id }) => id)).size).to.equal(1);
    expect(statements).to.be.at.most(4);
    expect(await g.syncs.find(syncs[0]!.id)).to.deep.equal(syncs[0]);
  });

  it('wakes who runs them once, however many ask for the same', async () => {
    let wakes = 0;
    g.syncs.signals.on('queued', () => {
      wakes += 1;
    });

    for (const trigger of ['hook', 'api', 'schedule'] as const) await enqueue(trigger);
    expect(wakes).to.equal(1);

    await enqueue('manual', true);
    expect(wakes).to.equal(2);
  });

  it('names the one that is queued without waiting for whoever writes', async () => {
    const { id } = await enqueue('hook');
    const again = await whileSomebodyWrites(g.db, () => enqueue('hook'));
    expect(again.id).to.equal(id);
  });

  it('is looked up by the index of those that wait, however many have ended', async () => {
    const asked: Parameters<typeof planOf>[1][] = [];
    g.reader.on('query', (query) => void asked.push(query));
    await findTrigger(g.reader, randomUUID());
    await enqueue('hook');
    const plans = await Promise.all(asked.slice(0, 2).map((query) => planOf(g.db, query)));
    for (const plan of plans) expect(plan.join('\n')).to.include('syncs_one_queued');
    expect(plans).to.have.length(2);
  });

  it('answers a call only with what was recorded after it was made', async () => {
    const early = enqueue('hook');
    await new Promise((resolve) => setImmediate(resolve));
    const late = enqueue('hook', true);

    expect((await late).force).to.equal(true);
    expect((await early).id).to.equal((await late).id);
  });

  it('queues a second one while the first runs', async () => {
    const first = await enqueue('hook');
    await g
      .db('syncs')
      .where({ id: first.id })
      .update({ status: 'running', lease_until: g.clock() + 60_000 });

    const second = await enqueue('hook');

    expect(second.id).not.to.equal(first.id);
    expect((await enqueue('api')).id).to.equal(second.id);
  });

  it('says of a sync that ends while it is asked for that it runs or has ended', async () => {
    const { id } = await enqueue('hook');
    await g
      .db('syncs')
      .where({ id })
      .update({ status: 'running', lease_until: g.clock() + 60_000 });
    const ended = { status: 'succeeded', finished_at: g.clock(), lease_until: null };
    let ending: PromiseLike<unknown> | undefined;
    g.reader.on('query-response', (_rows, { sql }: { sql: string }) => {
      if (/ from .syncs/.test(sql)) ending ??= g.db('syncs').where({ id }).update(ended).then();
    });

    expect((await g.sources.seenBy(ada, sourceId)).status).to.equal('syncing');

    await ending;
    expect((await g.sources.seenBy(ada, sourceId)).status).to.equal('synced');
  });

  it('keeps the sources apart', async () => {
    const other = await g.source(entries({ B: 'b' }));

    const syncs = await Promise.all([enqueue('hook'), g.syncs.enqueue(other.id, 'hook', {}, g.clock())]);

    expect(syncs.map((sync) => sync.sourceId)).to.deep.equal([sourceId, other.id]);
  });

  it('records within a transaction of the caller, or not at all', async () => {
    const rolledBack = g.db.transaction(async (tx) => {
      await g.syncs.enqueueWithin(tx, sourceId, 'manual', {}, g.clock());
      throw new Error('changed my mind');
    });
    await rolledBack.catch(() => {});
    expect((await g.syncs.statesOf([sourceId])).size).to.equal(0);

    const sync = await g.db.transaction((tx) => g.syncs.enqueueWithin(tx, sourceId, 'manual', {}, g.clock()));

    expect((await g.syncs.statesOf([sourceId])).get(sourceId)?.last).to.deep.equal(sync);
  });

  it('takes nothing for a source that is not there or was deleted', async () => {
    const refused = async (id: string) => g.syncs.enqueue(id, 'hook', {}, g.clock()).catch((error) => error);
    await enqueue('hook');
    await g.sources.remove(sourceId, ada, g.clock());

    expect(await refused('nobody')).to.be.instanceOf(NotFound);
    expect(await refused(sourceId)).to.be.instanceOf(NotFound);
    expect(await g.db('syncs').where({ source_id: sourceId })).to.deep.equal([]);
  });

  it('forgets what finished long ago, except the latest of a source', async () => {
    const row = { source_id: sourceId, trigger: 'api', force: false, status: 'succeeded', created_at: 1 };
    await g.db('syncs').insert([1, 2, 3].map((n) => ({ ...row, id: `old-${n}`, finished_at: n })));

    await g.syncs.prune(10);

    expect(await g.db('syncs').pluck('id')).to.deep.equal(['old-3']);
  });
});
