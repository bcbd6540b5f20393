import { expect } from 'chai';
import { v7 as uuid } from 'uuid';
import { type Line, type Outcome, outcome } from '../../src/syncs/ledger.js';
import { type Pages, type Site, staticSite } from '../support/staticSite.js';
import { entries, type Ground, ground } from './ground.js';

const csv = (lines: string[]) => ['id,name', ...lines].join('\n');
const lines = (count: number, word = 'name') => Array.from({ length: count }, (_, n) => `${n},${word} ${n}`);
const all = { limit: 2_000, after: null };

describe('the ledger of a sync', () => {
  let g: Ground;
  before(async () => {
    g = await ground();
  });
  after(() => g.stop());

  async function table(maxFailedPercent?: number) {
    const { id } = await g.source({ type: 'csv', config: { keyColumn: 'id' }, maxFailedPercent });
    return {
      id,
      async read(given: string[]) {
        await g.upload(id, { 'a.csv': csv(given) });
        return g.settled(id);
      },
    };
  }

  async function folder(files: Record<string, string>, maxFailedPercent?: number) {
    const { id } = await g.source({ type: 'files', config: {}, maxFailedPercent });
    await g.upload(id, files);
    return { id, sync: await g.settled(id) };
  }

  async function listed(syncId: string, only: Outcome | null = null) {
    const rows = await g.syncs.rowsOf(syncId, only, all);
    return rows.map(({ outcome, key, reason, kept }) =>
      outcome === 'failed' ? [outcome, key, reason, kept] : [outcome, key],
    );
  }

  const nothing = { added: 0, changed: 0, unchanged: 0, removed: 0, leftOut: 0, failed: 0, repeated: 0 };

  it('says of each row what became of it, what matters most first, and its sums are the counters', async () => {
    const prices = await table();
    const first = await prices.read(['1,one', '2,two', '3,three', '4,four']);

    const second = await prices.read(['1,one', '2,zwei', '4,four', '5,five', ',nobody']);

    expect(first.counts).to.deep.equal({ ...nothing, added: 4 });
    expect(second.counts).to.deep.equal({
      ...nothing,
      added: 1,
      changed: 1,
      unchanged: 2,
      removed: 1,
      failed: 1,
    });
    expect(second.results).to.include({ modifiedRows: 2, unmodifiedRows: 2, totalDataSourceRows: 4 });
    expect(await listed(second.id)).to.deep.equal([
      ['failed', 'line 6', 'line 6 has nothing in “id”', false],
      ['removed', '3'],
      ['changed', '2'],
      ['added', '5'],
    ]);
    expect(await listed(second.id, 'changed')).to.deep.equal([['changed', '2']]);
    const [removed] = await g.syncs.rowsOf(second.id, 'removed', all);
    expect(removed).to.include({ title: 'three', reason: null, kept: null });
  });

  it('lists nothing of a sync that changed nothing', async () => {
    const prices = await table();
    await prices.read(lines(3));

    const again = await prices.read(lines(3));

    expect(again.counts).to.deep.equal({ ...nothing, unchanged: 3 });
    expect(await listed(again.id)).to.deep.equal([]);
  });

  it('counts a row that fails and whose last good version stays among the unchanged ones', async () => {
    const { id, sync } = await folder({ 'a.txt': 'good', 'b.txt': 'also good' });
    await g.upload(id, { 'a.txt': '' });

    const second = await g.settled(id);

    expect(sync.counts).to.deep.equal({ ...nothing, added: 2 });
    expect(second).to.include({ status: 'succeeded' });
    expect(second.counts).to.deep.equal({ ...nothing, unchanged: 2, failed: 1 });
    expect(await listed(second.id)).to.deep.equal([['failed', 'a.txt', '“a.txt” has no text in it', true]]);
    expect((await g.stored(id)).texts).to.have.members(['good', 'also good']);
  });

  it('takes rows with one key for one: the same again is counted, what says something else has failed', async () => {
    const prices = await table(50);

    const sync = await prices.read(['1,one', '2,two', '1,one', '1,one', '1,another']);

    expect(sync.counts).to.deep.equal({ ...nothing, added: 2, failed: 1, repeated: 2 });
    expect(await listed(sync.id, 'failed')).to.deep.equal([
      ['failed', '1', '“1” is there more than once; the first was taken', false],
    ]);
  });

  it('of a sync that failed, lists only what failed: the rest was taken back', async () => {
    const prices = await table();
    await prices.read(lines(12));

    const failed = await prices.read([...lines(10, 'other'), ',x', ',y', ',z']);

    expect(failed).to.include({ status: 'failed', results: null });
    expect(failed.counts).to.deep.equal({ ...nothing, failed: 3 });
    expect((await listed(failed.id)).map(([outcome]) => outcome)).to.deep.equal(Array(3).fill('failed'));
    expect(await g.tidied(prices.id)).to.include({ rows: 12, versions: 12 });
    expect((await g.stored(prices.id)).titles).to.include({ 0: 'name 0' });
  });

  it('lists the first thousand of each, and counts them all', async () => {
    const prices = await table();
    await prices.read([...lines(1_300), ...lines(60, 'again')]);
    const sync = await prices.read([...lines(1_100, 'other'), ...['a', 'b'].map((name) => `,${name}`)]);

    expect(sync.counts).to.deep.equal({ ...nothing, changed: 1_100, removed: 200, failed: 2 });
    const rows: Line[] = await g.syncs.rowsOf(sync.id, null, { limit: 10_000, after: null });
    const counts = outcome.options.map((one) => rows.filter((row) => row.outcome === one).length);
    expect(counts).to.deep.equal([2, 200, 0, 1_000, 0]);
  });

  describe('of a website', () => {
    const page = (title: string, head = '', ...links: string[]) =>
      `<title>${title}</title>${head}${links.map((link) => `<a href="${link}">.</a>`).join('')}<main>About ${title}</main>`;
    let site: Site;
    before(async () => {
      site = await staticSite();
    });
    after(() => site.close());

    const links = [
      '/hidden',
      '/empty',
      '/twin',
      '/gone',
      '/a.pdf',
      '/blog',
      '/away',
      '/own',
      '/late',
      '/last',
    ];
    const whole: Pages = {
      '/robots.txt': { body: 'User-agent: *\nDisallow: /own' },
      '/': page('Home', '', ...links, 'https://www.other.test/'),
      '/hidden': page('Hidden', '<meta name="robots" content="noindex">'),
      '/empty': '<title>Empty</title>',
      '/twin': page('Home', '<link rel="canonical" href="/">'),
      '/away': { status: 302, headers: { Location: '/blog' } },
      '/blog': page('Blog'),
      '/late': page('Late'),
    };
    const reasons = [
      '/a.pdf: a file by its name, no page',
      '/blog: excluded by “/blog”',
      '/own: not allowed by robots.txt',
      '/hidden: not to be indexed (noindex)',
      '/empty: without text',
      '/twin: the same page as /',
      '/gone: the server answered 404 Not Found',
      '/away: leads to /blog, which is left out',
      '/last: beyond the limit of 7 pages',
    ];

    async function crawled(config: object = {}) {
      const { id } = await g.source({ type: 'website', config: { url: `${site.origin}/`, ...config } });
      return { id, sync: await g.settled(id) };
    }

    async function left(syncId: string) {
      const rows = await g.syncs.rowsOf(syncId, 'leftOut', all);
      return rows.map(({ key, reason }) => [key, reason].join(': ').replaceAll(site.origin, ''));
    }

    it('says why each page that is left out is no row, and counts it neither as read nor as failed', async () => {
      site.pages = whole;
      const { id, sync } = await crawled({ exclude: ['/blog'], maxPages: 7 });
      await g.sync(id);
      const again = await g.settled(id);

      expect(sync.counts).to.deep.equal({ ...nothing, added: 2, leftOut: reasons.length });
      expect(sync.results).to.include({ modifiedRows: 2, unmodifiedRows: 0, totalDataSourceRows: 2 });
      expect(await left(sync.id)).to.deep.equal(reasons);
      expect(again.counts).to.deep.equal({ ...nothing, unchanged: 2, leftOut: reasons.length });
      expect(await left(again.id), 'with pages that were only asked whether they changed').to.deep.equal(
        reasons,
      );
    });

    it('says so of what a sitemap names, other sites included', async () => {
      const urls = ['/late', '/blog', 'https://www.other.test/a', '/hidden', '/last']
        .map((path) => `<url><loc>${new URL(path, site.origin)}</loc></url>`)
        .join('');
      site.pages = { ...whole, '/sitemap.xml': { body: `<urlset>${urls}</urlset>` } };

      const { sync } = await crawled({ mode: 'sitemap', exclude: ['/blog'], maxPages: 2 });

      expect(await left(sync.id)).to.deep.equal([
        '/blog: excluded by “/blog”',
        'https://www.other.test/a: on another site, https://www.other.test',
        '/last: beyond the limit of 2 pages',
        '/hidden: not to be indexed (noindex)',
      ]);
    });

    it('says so of a sync that fails, too', async () => {
      site.pages = { '/': '<title>Home</title><a href="/hidden"></a>', '/hidden': whole['/hidden']! };

      const { sync } = await crawled();

      expect(sync).to.include({ status: 'failed', reason: `No page with text was found at ${site.origin}/` });
      expect(await left(sync.id)).to.deep.equal(['/: without text', '/hidden: not to be indexed (noindex)']);
    });
  });

  it('is listed of the latest hundred syncs of a source, and goes with them', async () => {
    const { id } = await g.source(entries({ A: 'a text' }));
    const first = await g.settled(id);
    const others = Array.from({ length: 99 }, () => ({
      id: uuid(),
      source_id: id,
      trigger: 'api',
      force: false,
      status: 'succeeded',
      created_at: g.clock(),
      finished_at: g.clock(),
    }));
    await g.db('syncs').insert(others);
    await g.change(id, entries({ B: 'b text' }));
    await g.settled(id);
    expect(await listed(first.id), 'the hundred-and-first').to.deep.equal([]);
    expect((await g.syncs.find(first.id))?.counts).to.include({ added: 1 });

    const rows = () =>
      g.db('sync_rows').whereIn('sync_id', g.db('syncs').where({ source_id: id }).select('id'));
    expect(await rows()).to.have.lengthOf(2);
    g.pass(1_000);
    await g.sync(id);
    await g.settled(id);
    await g.syncs.prune(g.clock());

    expect(await g.db('syncs').where({ source_id: id })).to.have.lengthOf(1);
    expect(await rows()).to.deep.equal([]);
  });

  describe('the share of rows that may fail', () => {
    const bad = (count: number) => Array.from({ length: count }, (_, n) => `,bad ${n}`);

    async function read(given: string[], maxFailedPercent?: number) {
      const { id } = await g.source({ type: 'csv', config: { keyColumn: 'id' }, maxFailedPercent });
      await g.upload(id, { 'a.csv': csv(given) });
      return g.settled(id);
    }

    it('is a tenth, and exactly a tenth is not too much', async () => {
      expect((await read([...lines(18), ...bad(2)])).status).to.equal('succeeded');

      const failed = await read([...lines(17), ...bad(3)]);

      expect(failed.reason).to.equal(
        '3 of 20 rows could not be read, which is more than the 10 % that may fail. The first: line 19 has nothing' +
          ' in “id”. Put the source right and sync again, or let more rows fail in its settings',
      );
      expect((await g.events()).at(-1)).to.deep.include({ type: 'sync.failure' });
    });

    it('is never exceeded by a single one among others, unless none may fail', async () => {
      expect((await read([...lines(1), ...bad(1)])).status).to.equal('succeeded');
      expect((await read([...lines(30), ...bad(1)], 0)).reason).to.match(/^1 of 31 rows .* than the 0 %/);
    });

    it('is exceeded where there is nothing else: then the source cannot be read', async () => {
      expect((await read(bad(1))).reason).to.match(/^The only row there is could not be read\. The first/);
      expect((await read(bad(3))).reason).to.match(/^None of the 3 rows could be read/);
    });

    it('is a setting of the source', async () => {
      expect((await read([...lines(2), ...bad(2)], 50)).status).to.equal('succeeded');
      expect((await read([...lines(2), ...bad(3)], 50)).status).to.equal('failed');
      expect((await read(bad(3), 100)).status).to.equal('succeeded');
    });
  });
});
