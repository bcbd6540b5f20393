import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { gatedSite, items } from './gate.js';
import { entries, type Ground, ground } from './ground.js';

type Site = Awaited<ReturnType<typeof gatedSite>>;

describe('the runner of syncs', () => {
  let site: Site;
  const grounds: Ground[] = [];

  beforeEach(async () => {
    site = await gatedSite();
  });
  afterEach(async () => {
    await site.close();
    for (const g of grounds.splice(0).reverse()) await g.stop();
  });

  async function started(options: Parameters<typeof ground>[0] = {}) {
    const g = await ground(options);
    grounds.push(g);
    return g;
  }

  /** A ground with a source whose sync has written a part and waits for the rest. */
  async function inTheMiddle() {
    const g = await started();
    site.serve(items(0, 500, 'walrus'), items(500, 520, 'walrus'));
    site.shut();
    const source = await g.source(site.source);
    await eventually(
      'rows are written',
      async () => (await g.db('rows').where({ source_id: source.id })).length > 0,
    );
    return { g, source };
  }

  const right = { modifiedRows: 520, unmodifiedRows: 0, totalDataSourceRows: 520 };

  it('runs a sync again that was stopped in the middle, and does not count that try', async () => {
    const { g, source } = await inTheMiddle();
    const began = performance.now();
    await g.runner.stop();
    expect(performance.now() - began).to.be.lessThan(5_000);
    const [left] = await g.syncs.listOf(source.id, { limit: 1, after: null });
    expect(left).to.include({ status: 'running', tries: 0, finishedAt: null });
    site.letThrough();

    await g.runner.start({ ownsDatabase: true });

    const sync = await g.settled(source.id);
    expect(sync).to.include({ id: left!.id, status: 'succeeded', tries: 1 });
    expect(sync.results).to.include(right);
    expect(await g.stored(source.id)).to.include({ rows: 520, versions: 520 });
  });

  it('takes over at its start what another left running, which then counts for nothing', async () => {
    const { g: frozen, source } = await inTheMiddle();

    const g = await started({ dataDir: frozen.dataDir });
    await eventually('the second one came to the gate too', () => site.asked() === 2);
    site.letThrough();

    const sync = await g.settled(source.id);
    expect(sync).to.include({ status: 'succeeded', tries: 2 });
    expect(sync.results).to.include(right);
    expect(await g.stored(source.id)).to.include({ rows: 520, versions: 520 });
    expect((await g.events()).length).to.equal(1);
  });

  it('takes up a lease that has ended, and none before', async () => {
    const { g, source } = await inTheMiddle();
    const [sync] = await g.syncs.listOf(source.id, { limit: 1, after: null });
    await g.runner.stop();
    await g
      .db('syncs')
      .where({ id: sync!.id })
      .update({ lease_token: 'of another', lease_until: g.clock() + 1_000 });
    site.letThrough();
    await g.runner.start({ ownsDatabase: false });
    await g.runner.sweep(g.clock());
    expect((await g.syncs.find(sync!.id))?.finishedAt).to.equal(null);

    g.pass(1_000);
    await g.runner.sweep(g.clock());

    expect((await g.settled(source.id)).results).to.include(right);
  });

  it('gives a sync up that died in the middle three times', async () => {
    const g = await started({ runs: false });
    const source = await g.source(entries({ A: 'a' }));
    await g.db('syncs').update({ status: 'running', tries: 3, lease_token: 'dead', lease_until: 0 });

    await g.runner.start({ ownsDatabase: true });

    const sync = await g.settled(source.id);
    expect(sync.status).to.equal('failed');
    expect(sync.reason).to.match(/^Hookbell was stopped in the middle of this sync 3 times/);
    expect((await g.events()).at(-1)?.type).to.equal('sync.failure');
  });

  it('runs so many at once, and of a source one after the other', async () => {
    const g = await started({ env: { SYNC_CONCURRENCY: '2' } });
    site.serve(items(0, 5, 'walrus'), []);
    site.shut();
    const { botId, id } = await g.source(site.source);
    const others = [await g.source(site.source, botId), await g.source(site.source, botId)];
    await eventually('two came to the gate', () => site.asked() === 2);
    await g.sync(id);
    expect(await g.db('syncs').where({ status: 'running' })).to.have.lengthOf(2);
    expect(await g.db('syncs').where({ status: 'queued' })).to.have.lengthOf(2);

    site.letThrough();

    for (const source of [id, ...others.map((other) => other.id)]) await g.settled(source);
    expect(await g.db('syncs').where({ status: 'succeeded' })).to.have.lengthOf(4);
  });

  it('survives a source that needs more memory than there is', async () => {
    const g = await started({ megabytes: 64 });
    const source = await g.source({ type: 'files', config: {} });
    const item = { title: 'x'.repeat(40), list: [1, 2, 3, { deep: [4] }] };
    await g.upload(source.id, { 'big.json': JSON.stringify(Array.from({ length: 150_000 }, () => item)) });

    const failed = await g.settled(source.id);
    const other = await g.source(entries({ A: 'a' }));

    expect(failed.reason).to.match(/^The source needs more memory than a sync may use \(64 MB\)/);
    expect((await g.settled(other.id)).status).to.equal('succeeded');
  });

  it('says why a source cannot be read', async () => {
    const g = await started();
    const source = await g.source({ type: 'json', config: { url: 'http://127.0.0.1:9/nothing' } });

    const failed = await g.settled(source.id);

    expect(failed.reason).to.equal('127.0.0.1:9 refused the connection');
  });

  it('reads a source that has not changed no more than that', async () => {
    const g = await started();
    site.serve(items(0, 30, 'walrus'), []);
    const source = await g.source({
      type: 'json',
      config: { url: site.source.config.url, idField: 'id', nextPath: 'none' },
    });
    const first = await g.settled(source.id);

    await g.sync(source.id);
    const again = await g.settled(source.id);

    expect(again.results).to.deep.equal({ ...first.results, modifiedRows: 0, unmodifiedRows: 30 });
    expect(again).to.include({ done: 30, total: 30 });
  });
});
