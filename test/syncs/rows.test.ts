import { expect } from 'chai';
import { countTokens } from '../../src/knowledge/tokens.js';
import { entries, type Ground, ground } from './ground.js';

const numbered = (count: number, word = 'text') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`Entry ${n}`, `${word} of entry ${n}`]));
const csv = (lines: string[]) => ['id,name', ...lines].join('\n');

describe('what a sync does to the rows', () => {
  let g: Ground;
  before(async () => {
    g = await ground();
  });
  after(() => g.stop());

  async function synced(input: object) {
    const source = await g.source(input);
    return { source, sync: await g.settled(source.id) };
  }

  async function changed(id: string, changes: object) {
    await g.change(id, changes);
    return g.settled(id);
  }

  it('takes in all rows the first time', async () => {
    const { source, sync } = await synced(entries({ One: 'first text', Two: 'second text' }));

    const tokens = countTokens('first text') + countTokens('second text');
    expect(sync).to.include({ status: 'succeeded', trigger: 'manual', done: 2, total: 2, reason: null });
    expect(sync.results).to.deep.equal({
      totalTokens: tokens,
      modifiedRows: 2,
      totalDocuments: 2,
      unmodifiedRows: 0,
      totalDataSourceRows: 2,
    });
    expect(await g.stored(source.id)).to.deep.include({ rows: 2, documents: 2, tokens });
  });

  it('writes nothing but the ledger when nothing has changed', async () => {
    const { source, sync } = await synced(entries(numbered(5)));
    const tables = async () => [
      await g.db('rows').where({ source_id: source.id }),
      await g.db('documents'),
      await g.db('data_sources').where({ id: source.id }),
    ];
    const before = await tables();

    await g.sync(source.id);
    const again = await g.settled(source.id);

    expect(again.results).to.deep.equal({ ...sync.results, modifiedRows: 0, unmodifiedRows: 5 });
    expect(await tables()).to.deep.equal(before);
  });

  it('counts new and changed rows as modified, all others as unmodified, and takes out those that are gone', async () => {
    const source = await g.source({ type: 'csv', config: { keyColumn: 'id' } });
    await g.upload(source.id, { 'a.csv': csv(['1,one', '2,two', '3,three', '4,four']) });
    await g.settled(source.id);

    await g.upload(source.id, { 'a.csv': csv(['1,one', '2,zwei', '4,four', '5,five']) });
    const sync = await g.settled(source.id);

    const { titles, ...stored } = await g.stored(source.id);
    expect(sync.results).to.deep.include({ modifiedRows: 2, unmodifiedRows: 2, totalDataSourceRows: 4 });
    expect(titles).to.deep.equal({ 1: 'one', 2: 'zwei', 4: 'four', 5: 'five' });
    expect(sync.results).to.include({ totalDocuments: stored.documents, totalTokens: stored.tokens });
  });

  it('keeps no version that nobody can see', async () => {
    const { source } = await synced(entries(numbered(6, 'old')));
    await changed(source.id, entries(numbered(6, 'new')));

    expect(await g.tidied(source.id)).to.include({ rows: 6, versions: 6 });
  });

  it('takes the first of rows with one key', async () => {
    const source = await g.source({ type: 'csv', config: { keyColumn: 'id' } });
    await g.upload(source.id, { 'a.csv': csv(['1,one', '2,two', '1,again', '1,one']) });

    const sync = await g.settled(source.id);

    expect(sync.results).to.include({ modifiedRows: 2, totalDataSourceRows: 2 });
    expect((await g.stored(source.id)).titles).to.deep.equal({ 1: 'one', 2: 'two' });
  });

  it('cuts a long row into documents and finds each of them', async () => {
    const text = Array.from({ length: 800 }, (_, n) => `Sentence ${n} is about the number ${n}.`).join(' ');
    const { source, sync } = await synced(entries({ Long: `${text} The last word is armadillo.` }));

    const stored = await g.stored(source.id);
    expect(sync.results?.totalDocuments).to.equal(stored.documents).and.be.greaterThan(15);
    expect(sync.results?.totalTokens).to.equal(stored.texts.reduce((sum, one) => sum + countTokens(one), 0));
    expect((await g.search(source.botId, 'armadillo', 5))[0]?.text).to.include('armadillo');
  });

  it('fails rather than remove more than half of at least ten rows, until it is forced', async () => {
    const { source } = await synced(entries(numbered(12)));

    const refused = await changed(source.id, entries(numbered(5)));
    expect(refused).to.include({ status: 'failed', results: null });
    expect(refused.reason).to.match(/^7 of 12 rows would be removed, which is more than half.*“force”/);
    expect((await g.stored(source.id)).rows).to.equal(12);

    await g.sync(source.id, true);
    const forced = await g.settled(source.id);
    expect(forced.results).to.include({ modifiedRows: 0, unmodifiedRows: 5, totalDataSourceRows: 5 });
    expect(await g.tidied(source.id)).to.include({ rows: 5, versions: 5 });
  });

  it('removes half of ten rows, and more than half of nine, unasked', async () => {
    const ten = await synced(entries(numbered(10)));
    const nine = await synced(entries(numbered(9)));

    expect((await changed(ten.source.id, entries(numbered(5)))).status).to.equal('succeeded');
    expect((await changed(nine.source.id, entries(numbered(1)))).status).to.equal('succeeded');
  });

  it('takes thousands of rows in batches, and the sums are right', async () => {
    const lines = (word: string) =>
      Array.from({ length: 3_000 }, (_, n) => `${n},${n % 3 ? 'same' : word} ${n}`);
    const source = await g.source({ type: 'csv', config: { keyColumn: 'id' } });
    await g.upload(source.id, { 'a.csv': csv(lines('old')) });
    await g.settled(source.id);
    await g.upload(source.id, { 'a.csv': csv(lines('new').slice(0, 2_400)) });

    const { results } = await g.settled(source.id);

    const stored = await g.tidied(source.id);
    expect(results).to.deep.equal({
      totalTokens: stored.tokens,
      modifiedRows: 800,
      totalDocuments: stored.documents,
      unmodifiedRows: 1_600,
      totalDataSourceRows: 2_400,
    });
    expect(stored).to.include({ rows: 2_400, versions: 2_400 });
    const [source_] = await g.db('data_sources').where({ id: source.id });
    expect(source_).to.include({
      row_count: 2_400,
      document_count: stored.documents,
      token_count: stored.tokens,
    });
  });

  it('tells everybody who listens: an event with the counters, in the order of the contract', async () => {
    const { source, sync } = await synced({ name: 'Handbook', ...entries({ A: 'a text' }) });

    const { body, type } = (await g.events()).at(-1)!;
    expect(type).to.equal('sync.success');
    expect(JSON.stringify(body)).to.equal(
      JSON.stringify({ success: true, results: sync.results, bot: 'Help desk', dataSource: source.name }),
    );
  });
});
