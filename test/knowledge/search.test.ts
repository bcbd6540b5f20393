import { expect } from 'chai';
import { rowStore } from '../../src/knowledge/rows.js';
import { entries, type Ground, ground } from '../syncs/ground.js';

const shop = {
  'Refund policy': 'You may return a parcel within 30 days. We refund the price of the goods.',
  'Shipping times': 'Parcels to Germany take two days, to Spain five. The carrier is DHL.',
  Warranty: 'Every laptop has a warranty of two years. The e-mail address for claims is in the box.',
  'Größen und Maße': 'Die Schuhe fallen groß aus. Crème brûlée gibt es nicht.',
};

describe('the search', () => {
  let g: Ground;
  let botId: string;
  const titles = async (words: string) => (await g.search(botId, words, 10)).map(({ title }) => title);

  before(async () => {
    g = await ground();
    const source = await g.source(entries(shop));
    botId = source.botId;
    await g.settled(source.id);
  });
  after(() => g.stop());

  it('finds by any of the words, the best match first', async () => {
    expect((await titles('How long does the shipping of a parcel to Spain take?'))[0]).to.equal(
      'Shipping times',
    );
    expect((await titles('laptop warranty'))[0]).to.equal('Warranty');
    expect(await titles('spaceship')).to.deep.equal([]);
  });

  it('tells source, title, address, text and a score that is higher the better it fits', async () => {
    const found = await g.search(botId, 'refund parcel', 10);

    expect(found.map(({ title }) => title)).to.deep.equal(['Refund policy', 'Shipping times']);
    expect(Object.keys(found[0]!)).to.have.members(['dataSourceId', 'title', 'url', 'text', 'score']);
    expect(found[0]!.score).to.be.greaterThan(found[1]!.score);
    expect(found[0]!.text).to.equal(shop['Refund policy']);
  });

  it('finds other forms of a word, and writes without accents', async () => {
    expect(await titles('refunded')).to.deep.equal(['Refund policy']);
    expect(await titles('creme brulee')).to.deep.equal(['Größen und Maße']);
    expect((await titles('warrant'))[0]).to.equal('Warranty');
  });

  it('finds words that were written as one', async () => {
    expect((await titles('e-mail'))[0]).to.equal('Warranty');
  });

  it('finds words in writing without spaces', async () => {
    const source = await g.source(
      entries({
        東京: '私は漢字を学びます。',
        서울: '학교에서 한국어를 배웁니다.',
        กรุงเทพ: 'ฉันเรียนภาษาไทยที่โรงเรียน',
      }),
      botId,
    );
    await g.settled(source.id);

    expect(await titles('漢字')).to.deep.equal(['東京']);
    expect((await titles('どこで漢字を学べますか'))[0]).to.equal('東京');
    expect(await titles('漢')).to.deep.equal(['東京']);
    expect(await titles('東京')).to.deep.equal(['東京']);
    expect((await titles('한국어'))[0]).to.equal('서울');
    expect((await titles('ภาษาไทย'))[0]).to.equal('กรุงเทพ');
    expect(await titles('猫')).to.deep.equal([]);
  });

  it('answers whatever is typed', async () => {
    const hostile = [
      '"',
      '""',
      '"refund',
      "'",
      '*',
      'refund*',
      '^refund',
      '-refund',
      'NOT',
      'AND',
      'OR refund',
      'refund NEAR(a, 5)',
      'title:refund',
      'bot_key:x',
      '{title text} : refund',
      '(((',
      ')',
      'a AND',
      '+',
      ';',
      '--',
      '/*',
      '%',
      '\0refund',
      '\\',
      '…',
      '👋',
      '   ',
      '<|endoftext|>',
      'refund" OR bot_key:"',
      'a'.repeat(100_000),
      'a b '.repeat(10_000),
      '漢字',
      'ß',
    ];

    for (const typed of hostile)
      expect(await g.search(botId, typed, 5), typed.slice(0, 40)).to.be.an('array');
    expect(await titles('title:refund')).to.include('Refund policy');
  });

  it('finds nothing of another bot', async () => {
    const other = await g.bot();
    const source = await g.source(entries({ Secret: 'The refund is secret.' }), other.id);
    await g.settled(source.id);

    expect(await titles('secret')).to.deep.equal([]);
    expect((await g.search(other.id, 'refund', 10)).map(({ title }) => title)).to.deep.equal(['Secret']);
  });

  it('finds nothing of a source that was deleted', async () => {
    const source = await g.source(entries({ Gone: 'zeppelin' }), botId);
    await g.settled(source.id);
    expect(await titles('zeppelin')).to.deep.equal(['Gone']);

    await g.sources.remove(source.id, { id: 'ada', name: 'Ada', email: '', role: 'admin' }, g.clock());

    expect(await titles('zeppelin')).to.deep.equal([]);
  });
});

describe('the rows of a source', () => {
  it('come in pages, the latest changed first, each once', async () => {
    const g = await ground();
    const text = (from: number, to: number, word: string) =>
      Object.fromEntries(
        Array.from({ length: to - from }, (_, n) => [`Entry ${from + n}`, `${word} ${from + n}`]),
      );
    const source = await g.source(entries(text(0, 25, 'first')));
    await g.settled(source.id);
    await g.change(source.id, entries({ ...text(0, 20, 'first'), ...text(20, 30, 'second') }));
    await g.settled(source.id);
    const store = rowStore(g.reader);

    const seen: string[] = [];
    let after: (string | number)[] | null = null;
    for (;;) {
      const rows = await store.listOf(source.id, { limit: 7, after });
      seen.push(...rows.slice(0, 7).map(({ title }) => title));
      if (rows.length <= 7) break;
      after = [rows[6]!.since, rows[6]!.id];
    }

    expect(seen).to.have.lengthOf(30);
    expect(new Set(seen).size).to.equal(30);
    expect(seen.slice(0, 10).every((title) => Number(title.slice(6)) >= 20)).to.equal(true);
    await g.stop();
  });
});
