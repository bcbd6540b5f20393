import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import supertest from 'supertest';
import { connectors } from '../../../src/sources/connectors/registry.js';
import { previewByFile } from '../../../src/sources/preview/fileByFile.js';
import { previewOf } from '../../../src/sources/preview/reading.js';
import { mask } from '../../../src/sources/secrets.js';
import { type Caller, caller } from '../../support/caller.js';
import { paragraph } from '../../support/notionObjects.js';
import { notionServer, token } from '../../support/notionServer.js';
import { keyHolder } from '../../support/people.js';
import { type Running, startHookbell } from '../../support/server.js';
import { fetchFor, type Site, staticSite } from '../../support/staticSite.js';

const page = (title: string, ...links: string[]) =>
  `<title>${title}</title><nav>${links.map((link) => `<a href="${link}">x</a>`).join('')}</nav><main><p>About ${title}.</main>`;
const answer = (type: string, body: string) => ({ headers: { 'Content-Type': type }, body });

describe('a preview of a data source', () => {
  let running: Running;
  let site: Site;
  let bot: string;
  let api: Caller;
  let key: string;
  const others: { close: () => Promise<unknown> }[] = [];

  before(async () => {
    running = await startHookbell({ background: false });
    site = await staticSite();
    const admin = caller(running.url, (await keyHolder(running)).key);
    bot = (await admin.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(async () => {
    await running.stop();
    await site.close();
  });
  afterEach(() => Promise.all(others.splice(0).map((server) => server.close())));
  // Each may ask for so many previews a minute.
  beforeEach(async () => {
    ({ key } = await keyHolder(running));
    api = caller(running.url, key);
    site.pages = {};
    site.requests.length = 0;
  });

  const another = async <Server extends { close: () => Promise<unknown> }>(start: () => Promise<Server>) => {
    const server = await start();
    others.push(server);
    return server;
  };
  const previewed = (type: string, config: object, dataSourceId?: string) =>
    api.post(`/bots/${bot}/data-sources/preview`, { type, config, dataSourceId });
  const of = async (type: string, config: object) => {
    const { status, body } = await previewed(type, { url: `${site.origin}/`, ...config });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  };
  const serve = (type: string, body: string) => Object.assign(site.pages, { '/': answer(type, body) });

  it('has the first rows of JSON, and stores nothing', async () => {
    const items = Array.from({ length: 7 }, (_, n) => ({ id: n, name: `Item ${n}`, text: 'x'.repeat(400) }));
    serve('application/json', JSON.stringify({ data: { items } }));

    const body = await of('json', { itemsPath: 'data.items', idField: 'id', titleField: 'name' });

    expect(body).to.deep.include({ problems: [], remarks: [], reason: null, addresses: null });
    expect(body).to.include({ rowsRead: 7, rowsExpected: 7, complete: true });
    expect(body.rows).to.have.length(5);
    const text = `id: 0\nname: Item 0\ntext: ${'x'.repeat(400)}`;
    expect(body.rows[0]).to.deep.equal({
      title: 'Item 0',
      key: '0',
      url: null,
      text: text.slice(0, 300),
      characters: text.length,
    });
    expect((await api.get(`/bots/${bot}/data-sources`)).body.data).to.deep.equal([]);
  });

  const wrong: [what: string, config: object, reason: RegExp][] = [
    ['no items', { itemsPath: 'data.rows' }, /^there is nothing at “data.rows”; “data” has the keys items/],
    ['no array', { itemsPath: 'data' }, /^what lies at “data” is not an array/],
    [
      'no address',
      { itemsPath: 'data.items', nextPath: 'next' },
      /^“next” holds 5, which is not the address/,
    ],
  ];
  for (const [what, config, reason] of wrong) {
    it(`says why a path of JSON leads to ${what}`, async () => {
      serve('application/json', JSON.stringify({ data: { items: [{ id: 1 }] }, next: 5 }));

      expect((await of('json', config)).reason).to.match(reason);
    });
  }

  it('names the rows that would fail, and what leads nowhere', async () => {
    serve('application/json', JSON.stringify({ items: [{ id: 1, name: 'A' }, { name: 'B' }, { id: 1 }] }));

    const body = await of('json', { idField: 'id', titleField: 'headline', nextPath: 'links.next' });

    expect(body.rows.map(({ key }: { key: string }) => key)).to.deep.equal(['1']);
    expect(body.problems).to.deep.equal([
      { key: 'item 2', reason: 'item 2 has no id at “id”' },
      { key: '1', reason: '“1” is there more than once; the first is taken' },
    ]);
    expect(body.remarks).to.deep.equal([
      'There is no “headline” in item 1, which has the keys id, name: another field is its title.',
      'There is nothing at “links.next”, so this is taken for the only page; the answer has the keys items.',
    ]);
  });

  it('has the first lines of a table, and tells about how many there are', async () => {
    serve('text/csv', `id,name\n${Array.from({ length: 1000 }, (_, n) => `${n},Name ${n}\n`).join('')}`);

    const body = await of('csv', { keyColumn: 'id' });

    expect(body).to.include({ rowsRead: 200, rowsExpected: 1000, complete: false, reason: null });
    expect(body.rows[4]).to.include({ key: '4', title: 'Name 4', text: 'id: 4\nname: Name 4' });
    expect((await of('csv', { keyColumn: 'sku' })).reason).to.equal(
      'there is no column “sku”; the columns are: id, name',
    );
    expect((await of('csv', { delimiter: ';' })).remarks).to.deep.equal([
      'There is only one column, “id,name”: is the delimiter right?',
    ]);
  });

  it('has the entries of a feed, or says that there is none', async () => {
    const entry = '<item><guid>g1</guid><title>News</title><description>Text</description></item>';
    serve('application/rss+xml', `<rss version="2.0"><channel><title>F</title>${entry}</channel></rss>`);
    expect((await of('feed', {})).rows).to.deep.equal([
      { title: 'News', key: 'g1', url: `${site.origin}/g1`, text: 'News\n\nText', characters: 10 },
    ]);

    serve('text/html', '<link rel="alternate" type="application/rss+xml" href="/feed.xml">');
    expect((await of('feed', {})).reason).to.match(
      /this is a web page; the feeds it names are .*\/feed\.xml/,
    );
  });

  it('has the first pages of a website, and what its links lead to and why', async () => {
    const links = ['/docs/a', '/docs/b', '/docs/c', '/docs/old/d', '/blog/e', '/private', '/x.pdf'];
    Object.assign(site.pages, {
      '/robots.txt': answer('text/plain', 'User-agent: *\nDisallow: /private'),
      '/docs': page('Docs', ...links, 'https://www.other.test/'),
      ...Object.fromEntries(links.map((link) => [link, page(link)])),
    });
    const globs = { include: ['/docs/**'], exclude: ['**/old/**'] };

    const body = await of('website', { url: `${site.origin}/docs`, ...globs, selector: '.text' });

    expect(body).to.include({ rowsRead: 3, rowsExpected: null, complete: false, reason: null });
    expect(body.rows.map(({ title }: { title: string }) => title)).to.deep.equal([
      'Docs',
      '/docs/a',
      '/docs/b',
    ]);
    expect(body.remarks[0]).to.match(/^The selector finds nothing on \/docs/);
    const seen = body.addresses.data.map(({ address, matches, why }: Record<string, string>) => [
      address!.replace(site.origin, ''),
      matches,
      why,
    ]);
    expect(seen).to.have.deep.members([
      ['/docs', true, 'like “/docs/**”'],
      ['/docs/a', true, 'like “/docs/**”'],
      ['/docs/b', true, 'like “/docs/**”'],
      ['/docs/c', true, 'like “/docs/**”'],
      ['/docs/old/d', false, 'excluded by “**/old/**”'],
      ['/blog/e', false, 'like none of the paths to include'],
      ['/private', false, 'not allowed by robots.txt'],
      ['/x.pdf', false, 'a file by its name, no page'],
      ['https://www.other.test/', false, 'on another site, https://www.other.test'],
    ]);
    expect(body.addresses).to.include({ matched: 4, leftOut: 5 });
    expect(site.paths()).not.to.include('/private');
  });

  it('asks a site for no more pages than it shows and what was under way', async () => {
    const urls = Array.from({ length: 300 }, (_, n) => `<url><loc>${site.origin}/${n}</loc></url>`).join('');
    site.pages['/sitemap.xml'] = answer('application/xml', `<urlset>${urls}</urlset>`);
    for (let n = 0; n < 300; n++) site.pages[`/${n}`] = page(`Page ${n}`);

    const body = await of('website', { mode: 'sitemap' });
    const few = await of('website', { mode: 'sitemap', maxPages: 4 });

    expect(body.rows).to.have.length(3);
    expect(body.addresses).to.include({ matched: 300, leftOut: 0 });
    expect(body.addresses.data).to.have.length(200);
    expect(few.remarks).to.deep.equal([
      'The sitemap names more than the 4 pages that may be read: the page limit can be raised.',
    ]);
    expect(site.requests.length).to.be.below(24);
  });

  it('has the first pages of Notion, or says why none can be read', async () => {
    const notion = await another(notionServer);
    for (let n = 0; n < 8; n++) notion.page({ title: `Page ${n}` }, [paragraph(`Text ${n}`)]);
    const own = { token, baseUrl: notion.origin };

    const { body } = await previewed('notion', own);
    const refused = await previewed('notion', { ...own, token: 'ntn_another' });

    expect(body).to.include({ rowsRead: 5, reason: null, complete: false });
    expect(body.rows[0]).to.include({ text: 'Text 0' });
    expect(refused.body.reason).to.match(/token/);
  });

  it('is refused for a config that no source could have', async () => {
    const url = `${site.origin}/`;
    const refusals: [type: string, config: object, path: string][] = [
      ['json', {}, 'config.url'],
      ['json', { url, itemsPath: 'a..b' }, 'config.itemsPath'],
      ['json', { url: 'http://10.0.0.1/' }, 'config.url'],
      ['json', { url, headers: { 'X-Key': mask } }, 'config.headers.X-Key'],
      ['website', { url, more: 1 }, 'config.more'],
      ['text', {}, 'config.entries'],
      ['pigeons', {}, 'type'],
    ];
    for (const [type, config, path] of refusals) {
      const { status, body } = await previewed(type, config);
      expect([status, body.errors?.[0]?.path], path).to.deep.equal([422, path]);
    }
    expect(site.requests).to.deep.equal([]);
  });

  it('uses the secrets of a stored source, and for its own site only', async () => {
    const other = await another(() => staticSite({ '/': answer('application/json', '[]') }));
    site.pages['/'] = (request, response) => {
      const isKnown = request.headers['x-key'] === 'hush-hush';
      response.writeHead(isKnown ? 200 : 401, { 'Content-Type': 'application/json' }).end('[{"id":1}]');
    };
    const config = { url: `${site.origin}/`, headers: { 'X-Key': 'hush-hush' } };
    const { id } = (await api.post(`/bots/${bot}/data-sources`, { name: 'a', type: 'json', config })).body;
    const masked = { ...config, headers: { 'X-Key': mask } };

    const own = await previewed('json', masked, id);
    const elsewhere = await previewed('json', { ...masked, url: `${other.origin}/` }, id);
    const changed = await api.patch(`/data-sources/${id}`, {
      config: { ...masked, url: `${other.origin}/` },
    });

    expect([own.status, own.body.rows.length, own.text.includes('hush')]).to.deep.equal([200, 1, false]);
    for (const { status, body } of [elsewhere, changed])
      expect([status, body.errors[0].message]).to.deep.equal([
        422,
        'must be entered again: the one that is stored was entered for another address',
      ]);
    expect(other.requests).to.deep.equal([]);
    expect(running.logged()).not.to.include('hush-hush');
    expect((await previewed('feed', {}, id)).status).to.equal(404);
    expect((await previewed('json', config, randomUUID())).status).to.equal(404);
  });

  it('reads the uploads of a stored table', async () => {
    const made = await api.post(`/bots/${bot}/data-sources`, { name: 'a', type: 'csv', config: {} });
    const { id } = made.body;
    const before = await previewed('csv', {}, id);
    await supertest(running.url)
      .post(`/api/v1/data-sources/${id}/files`)
      .set('Authorization', `Bearer ${key}`)
      .attach('file', Buffer.from('id;name\n1;Hats\n'), 'a.csv');

    expect(before.body.reason).to.match(/neither a URL nor an uploaded file/);
    expect((await previewed('csv', {}, id)).body.rows[0]).to.include({ title: 'Hats' });
  });

  it('is for admins only, and not without end', async () => {
    serve('application/json', '[{"id":1}]');
    const agent = caller(running.url, (await keyHolder(running, 'agent')).key);
    const path = `/bots/${bot}/data-sources/preview`;
    const body = { type: 'json', config: { url: `${site.origin}/` } };

    expect((await agent.post(path, body)).status).to.equal(403);
    const statuses: number[] = [];
    for (let n = 0; n < 21; n++) statuses.push((await api.post(path, body)).status);

    expect(statuses).to.deep.equal([...Array(20).fill(200), 429]);
    expect((await api.post(path, body)).headers['retry-after']).to.match(/^\d+$/);
  });

  it('ends when its time is up, with what was read by then', async () => {
    const abort = new AbortController();
    Object.assign(site.pages, { '/': page('Home', '/slow'), '/slow': () => abort.abort() });
    const website = connectors.get('website')!;
    const config = website.config.parse({ url: `${site.origin}/` });

    const preview = await previewOf(website, config, {
      fetch: fetchFor([site]),
      files: [],
      signal: abort.signal,
    });

    expect(preview.rows.map(({ title }) => title)).to.deep.equal(['Home']);
    expect(preview.reason).to.equal('not more could be read within 10 s; a sync takes its time');
  });

  it('of files names none of them when its time is up', async () => {
    const path = 'test/sources/fixtures/guide.pdf';
    const abort = new AbortController();
    const connector = connectors.get('files')!;
    const around = {
      fetch: fetchFor([]),
      files: [{ name: 'guide.pdf', path, bytes: 1 }],
      signal: abort.signal,
    };

    const reading = previewByFile(connector, {}, around);
    abort.abort();

    expect(await reading).to.deep.include({
      rows: [],
      problems: [],
      read: 0,
      isWhole: false,
      reason: 'nothing could be read within 10 s; a sync takes its time',
    });
  });
});
