import { expect } from 'chai';
import { fetchFor, type Site, staticSite } from '../../support/staticSite.js';
import { complaints, read, reasonOf } from './reading.js';

describe('a JSON source', () => {
  let site: Site;

  beforeEach(async () => {
    site = await staticSite();
  });

  afterEach(() => site.close());

  const serve = (path: string, value: unknown, headers: Record<string, string> = {}) => {
    const body = typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value);
    site.pages[path] = { headers: { 'Content-Type': 'application/json', ...headers }, body };
  };
  const readJson = (config: object = {}, around: object = {}) =>
    read('json', { url: `${site.origin}/items`, ...config }, { fetch: fetchFor([site]), ...around });
  const readValue = (value: unknown, config: object = {}) => {
    serve('/items', value);
    return readJson(config);
  };

  it('makes a row of each item of an array', async () => {
    const { rows, expected } = await readValue(
      [
        {
          id: 7,
          name: 'Hat',
          link: 'https://shop.test/7',
          tags: ['red', 'wool'],
          size: { cm: 58, fits: [{ who: 'all' }] },
          gone: null,
        },
        { id: 8, body: '<p>A <b>scarf</b></p><p>of silk</p>' },
      ],
      { idField: 'id' },
    );

    expect(rows).to.deep.equal([
      {
        key: '7',
        title: 'Hat',
        text: 'id: 7\nname: Hat\nlink: https://shop.test/7\ntags: red, wool\nsize.cm: 58\nsize.fits.0.who: all',
        url: 'https://shop.test/7',
      },
      { key: '8', title: '8', text: 'id: 8\nbody: A scarf\n\nof silk', url: null },
    ]);
    expect(expected).to.equal(2);
  });

  it('finds items, ids and titles at dotted paths', async () => {
    const posts = [{ meta: { id: 'x' }, title: { rendered: 'Fish &#038; chips' } }];

    const { rows } = await readValue(
      { data: { posts, more: [] } },
      { itemsPath: 'data.posts', idField: 'meta.id', titleField: 'title.rendered' },
    );

    expect(rows[0]).to.include({ key: 'x', title: 'Fish & chips' });
  });

  it('finds the only array of an object by itself', async () => {
    expect((await readValue({ total: 1, results: ['one', 2] })).rows).to.deep.equal([
      { title: 'one', text: 'one', url: null },
      { title: '2', text: '2', url: null },
    ]);
  });

  it('has no rows where the array is empty', async () => {
    expect((await readValue([])).rows).to.deep.equal([]);
  });

  it('says what is there when a path is wrong', async () => {
    const value = { data: { posts: [], users: [], total: 3 } };

    const reasons: [string | undefined, string][] = [
      ['data.post', 'there is nothing at “data.post”; “data” has the keys posts, users, total'],
      ['items', 'there is nothing at “items”; the answer has the keys data'],
      ['data', 'what lies at “data” is not an array: it has the keys posts, users, total'],
      ['data.total', 'what lies at “data.total” is not an array: it is 3'],
      ['__proto__.x', 'there is nothing at “__proto__.x”; the answer has the keys data'],
      [undefined, 'no itemsPath says which array to read; the answer has the keys data'],
    ];
    for (const [itemsPath, reason] of reasons)
      expect(await reasonOf(readValue(value, { itemsPath }))).to.equal(reason);
  });

  it('reports items without an id or anything else, and remembers nothing', async () => {
    const { failed, memo } = await readValue([{ id: 1 }, { name: 'x' }, {}, { id: {} }], { idField: 'id' });

    expect(failed).to.deep.equal([
      'item 2: item 2 has no id at “id”',
      'item 3: item 3 has no id at “id”',
      'item 4: item 4 has no id at “id”',
    ]);
    expect(memo).to.equal(null);
    expect((await readValue([null, {}, ''])).failed).to.have.length(3);
  });

  it('fails on what is not JSON', async () => {
    expect(await reasonOf(readValue('{"a": [1,'))).to.match(/^the answer is not valid JSON: /);
    site.pages['/items'] = '<html>';
    expect(await reasonOf(readJson())).to.equal('the address answers with a web page, not with JSON');
  });

  it('reads UTF-16 and what has a byte order mark', async () => {
    expect((await readValue(Buffer.from('\ufeff["é"]', 'utf16le'))).rows[0]?.text).to.equal('é');
    expect((await readValue('\ufeff["é"]')).rows[0]?.text).to.equal('é');
  });

  it('survives an item that is nested beyond reason', async () => {
    const deep = `[${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}]`;

    expect((await readValue(deep)).rows[0]?.text).to.match(/…$/);
  });

  it('makes text fit for a database', async () => {
    const { rows } = await readValue('[{"id":"a\\u0000b","name":"\\ud800x\\u0000"}]', { idField: 'id' });

    expect(rows[0]).to.deep.include({ key: 'ab', title: '\ufffdx', text: 'id: ab\nname: \ufffdx' });
  });

  it('makes long keys short, each in its own way', async () => {
    const { keys } = await readValue([{ id: `${'é'.repeat(5000)}1` }, { id: `${'é'.repeat(5000)}2` }], {
      idField: 'id',
    });

    expect(new Set(keys).size).to.equal(2);
    for (const key of keys) expect(Buffer.byteLength(key!)).to.be.below(2000);
  });

  describe('of several pages', () => {
    it('follows nextPath, however the address is written', async () => {
      serve('/items', { items: [1], next: '?page=2' });
      serve('/items?page=2', { items: [2], next: '/items?page=3' });
      serve('/items?page=3', { items: [3], next: `${site.origin}/items?page=4` });
      serve('/items?page=4', { items: [4], next: null });

      const { rows, expected, memo } = await readJson({ nextPath: 'next' });

      expect(rows.map(({ text }) => text)).to.deep.equal(['1', '2', '3', '4']);
      expect(expected).to.equal(4);
      expect(memo).to.equal(null);
    });

    it('follows Link headers', async () => {
      serve('/items', [1], { Link: '</items?page=9>; rel="last", </items?page=2>; rel="next"' });
      serve('/items?page=2', [2], { Link: `<${site.origin}/items>; rel=first` });

      expect((await readJson()).rows).to.have.length(2);
    });

    it('stops where the last page names one that was read', async () => {
      serve('/items', { items: [1], next: '/items?page=2' });
      serve('/items?page=2', { items: [2], next: '/items?page=2' });

      expect((await readJson({ nextPath: 'next' })).rows).to.have.length(2);
    });

    it('says so when nextPath holds no address', async () => {
      serve('/items', { items: [1], next: 17 });

      expect(await reasonOf(readJson({ nextPath: 'next' }))).to.equal(
        '“next” holds 17, which is not the address of a page',
      );
    });

    it('does not follow to where the guard does not let it', async () => {
      serve('/items', { items: [1], next: 'http://127.0.0.1:1/' });

      expect(await reasonOf(readJson({ nextPath: 'next' }))).to.match(
        /^127\.0\.0\.1 is a loopback address; OUTBOUND_ALLOW=127\.0\.0\.1:1 would allow it$/,
      );
    });

    it('sends its headers to its own origin only', async () => {
      const other = await staticSite({ '/': { body: '{"items":[2]}' } });
      serve('/items', { items: [1], next: '/items?page=2' });
      serve('/items?page=2', { items: [1], next: other.origin });

      await readJson(
        { nextPath: 'next', headers: { Authorization: 'Bearer t', 'X-Api-Key': 'k' } },
        { fetch: fetchFor([site, other]) },
      );

      const sent = [...site.requests, ...other.requests].map(({ headers }) => headers.authorization);
      expect(sent).to.deep.equal(['Bearer t', 'Bearer t', undefined]);
      expect(other.requests[0]?.headers).not.to.have.property('x-api-key');
      await other.close();
    });
  });

  it('is all the same when the server says so, unless the config has changed', async () => {
    const first = await readValue([{ id: 1 }]);

    const second = await readJson({}, { after: first });
    const third = await readJson({ idField: 'id' }, { after: second });

    expect(second.items).to.deep.equal([{ kind: 'all-same' }]);
    expect(third.keys).to.deep.equal(['1']);
  });

  it('says what is wrong with a config', () => {
    const url = 'https://x.test/';

    expect(complaints('json', { url, itemsPath: 'a..b' })).to.deep.equal([
      'itemsPath: must be a dotted path such as data.items',
    ]);
    expect(complaints('json', { url, headers: { 'a b': 'x' } })).to.have.length(1);
    expect(complaints('json', { url, headers: { Host: 'x' } })).to.have.length(1);
    expect(complaints('json', { url, headers: { 'X-Key': 'a\r\nb' } })[0]).to.match(/^headers.X-Key: /);
    expect(complaints('json', { url, headers: { 'X-Key': 'ok' } })).to.deep.equal([]);
  });
});
