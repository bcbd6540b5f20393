import { expect } from 'chai';
import { countTokens } from '../../src/knowledge/tokens.js';
import { entries, type Ground, ground } from './ground.js';

const reason = 'Over plan storage token limit, please upgrade plan';
const words = (count: number) => Array.from({ length: count }, () => 'hello').join(' ');

describe('the limits of storage', () => {
  let g: Ground;
  afterEach(() => g.stop());

  it('of a bot are those of all its sources together, and exactly so much is allowed', async () => {
    g = await ground();
    const { id } = await g.bot({ storageTokenLimit: 100 });
    const first = await g.source(entries({ A: words(60) }), id);
    const second = await g.source(entries({ B: words(40) }), id);
    expect((await g.settled(first.id)).results?.totalTokens).to.equal(60);
    expect((await g.settled(second.id)).results?.totalTokens).to.equal(40);

    const third = await g.source(entries({ C: 'x' }), id);
    const failed = await g.settled(third.id);

    expect(failed).to.include({ status: 'failed', reason, results: null });
    expect((await g.events()).at(-1)).to.deep.equal({
      type: 'sync.failure',
      body: { success: false, reason, bot: 'Help desk', dataSource: 'Manual' },
    });
  });

  it('of the instance are those of all bots together', async () => {
    g = await ground({ env: { STORAGE_TOKEN_LIMIT: '50' } });
    const first = await g.source(entries({ A: words(50) }));
    expect((await g.settled(first.id)).status).to.equal('succeeded');

    const second = await g.source(entries({ B: words(1) }));

    expect((await g.settled(second.id)).reason).to.equal(reason);
  });

  it('leave what could be searched before as it was, and nothing of what was read', async () => {
    g = await ground();
    const { id } = await g.bot({ storageTokenLimit: 100 });
    const source = await g.source(entries({ A: 'zebra' }), id);
    await g.settled(source.id);

    await g.change(source.id, entries({ A: 'zebra', B: `giraffe ${words(200)}` }));
    const failed = await g.settled(source.id);

    expect(failed.reason).to.equal(reason);
    expect((await g.search(id, 'zebra', 5)).length).to.equal(1);
    expect(await g.search(id, 'giraffe', 5)).to.deep.equal([]);
    expect(await g.sources.usage(id)).to.deep.equal({ rows: 1, documents: 1, tokens: countTokens('zebra') });
  });

  it('count what a source will hold, not what it held', async () => {
    g = await ground();
    const { id } = await g.bot({ storageTokenLimit: 100 });
    const source = await g.source(entries({ A: words(90) }), id);
    await g.settled(source.id);

    await g.change(source.id, entries({ A: words(95) }));

    expect((await g.settled(source.id)).results?.totalTokens).to.equal(95);
  });

  it('end a reading early that is certain to be too much', async () => {
    g = await ground();
    const { id } = await g.bot({ storageTokenLimit: 1_000 });
    const source = await g.source({ type: 'csv', config: {} }, id);
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n},${words(10)}`);
    await g.upload(source.id, { 'a.csv': ['id,text', ...lines].join('\n') });

    const failed = await g.settled(source.id);

    expect(failed.reason).to.equal(reason);
    expect(failed.done).to.be.lessThan(20_000);
    expect(await g.stored(source.id)).to.include({ rows: 0 });
  });
});
