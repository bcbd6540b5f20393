import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { gatedSite, items } from './gate.js';
import { ada, type Ground, ground } from './ground.js';

type Site = Awaited<ReturnType<typeof gatedSite>>;

describe('what can be searched while a sync runs', () => {
  let g: Ground;
  let site: Site;
  beforeEach(async () => {
    g = await ground();
    site = await gatedSite();
  });
  afterEach(async () => {
    await site.close();
    await g.stop();
  });

  const found = async (botId: string, word: string) => (await g.search(botId, word, 50)).length;
  const invisible = async (sourceId: string) => {
    const [row] = await g
      .db('rows')
      .join('data_sources', 'data_sources.id', 'rows.source_id')
      .where('source_id', sourceId)
      .whereRaw('since_sync > visible_sync')
      .count({ n: '*' });
    return Number(row!.n);
  };

  it('is the old state until the end, and the new one at once', async () => {
    site.serve(items(0, 500, 'walrus'), items(500, 520, 'walrus'));
    const source = await g.source(site.source);
    await g.settled(source.id);
    site.serve(items(0, 500, 'penguin'), items(500, 530, 'penguin'));
    site.shut();
    await g.sync(source.id);

    await eventually('a part of the new rows is written', () => invisible(source.id));
    expect([await found(source.botId, 'walrus'), await found(source.botId, 'penguin')]).to.deep.equal([
      50, 0,
    ]);
    expect((await g.sources.find(source.id))?.rows).to.equal(520);
    site.letThrough();

    expect((await g.settled(source.id)).results?.totalDataSourceRows).to.equal(530);
    expect([await found(source.botId, 'walrus'), await found(source.botId, 'penguin')]).to.deep.equal([
      0, 50,
    ]);
  });

  it('is the old state after a sync that failed, of which nothing is left', async () => {
    site.serve(items(0, 500, 'walrus'), items(500, 520, 'walrus'));
    const source = await g.source(site.source);
    await g.settled(source.id);
    const before = await g.stored(source.id);
    site.serve(items(0, 500, 'penguin'), 'no list' as never);

    await g.sync(source.id);
    const failed = await g.settled(source.id);

    expect(failed).to.include({ status: 'failed', results: null });
    expect(failed.reason).to.match(/^[A-Z“]/);
    await eventually('what was written is undone', async () => (await invisible(source.id)) === 0);
    await eventually('the old versions are as they were', async () => {
      const ended = await g.db('rows').where({ source_id: source.id }).whereNotNull('until_sync');
      return ended.length === 0;
    });
    expect(await g.stored(source.id)).to.deep.equal(before);
    expect((await g.events()).at(-1)?.body).to.deep.equal({
      success: false,
      reason: failed.reason,
      bot: 'Help desk',
      dataSource: 'Manual',
    });
  });

  it('is nothing more once the source is deleted, and its sync ends without a word', async () => {
    site.serve(items(0, 500, 'walrus'), []);
    site.shut();
    const source = await g.source(site.source);
    await eventually('rows are written', () => invisible(source.id));
    const events = (await g.events()).length;

    await g.sources.remove(source.id, ada, g.clock());

    await eventually('all of it is removed', async () => {
      await g.purge(g.clock());
      return (await g.db('data_sources').where({ id: source.id })).length === 0;
    });
    expect(await g.db('rows').where({ source_id: source.id })).to.deep.equal([]);
    expect((await g.events()).length).to.equal(events);
  });

  it('tells how far it is', async () => {
    site.serve(items(0, 500, 'walrus'), items(500, 510, 'walrus'));
    site.shut();
    const source = await g.source(site.source);
    const told: Record<string, unknown>[] = [];
    const stop = g.live.listen(`bot:${source.botId}`, (_event, details) => void told.push({ ...details }));

    const sync = await eventually('progress is saved', async () => {
      const [latest] = await g.syncs.listOf(source.id, { limit: 1, after: null });
      return latest!.done >= 500 && latest;
    });
    expect(sync).to.include({ status: 'running', done: 500, total: 500, current: 'Item 499' });
    expect((await g.sources.seenBy(ada, source.id)).status).to.equal('syncing');
    site.letThrough();
    await g.settled(source.id);
    await eventually('the end is told', () => told.at(-1)?.status === 'succeeded');
    stop();

    expect(told.at(-1)).to.include({ sourceId: source.id, syncId: sync.id, done: 510, total: 510 });
    expect(told.map(({ status }) => status)).to.include('running');
  });
});
