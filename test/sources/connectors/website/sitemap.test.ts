import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { fetchFor, type Pages, staticSite } from '../../../support/staticSite.js';
import { read, reasonOf } from '../reading.js';
import { page, websiteOfTests } from './ground.js';

describe('a website source', () => {
  const at = websiteOfTests();
  const { serve, readSite, pathsOf, asked } = at;

  describe('with a sitemap', () => {
    const urls = (...paths: string[]) =>
      `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${paths
        .map((path) => `<url><loc>${path.startsWith('http') ? path : at.site.origin + path}</loc></url>`)
        .join('')}</urlset>`;
    const index = (...paths: string[]) =>
      `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${paths
        .map((path) => `<sitemap><loc>${at.site.origin}${path}</loc></sitemap>`)
        .join('')}</sitemapindex>`;
    const xml = (body: string | Buffer) => ({ headers: { 'Content-Type': 'application/xml' }, body });
    const some: Pages = { '/a': page('A', '/linked'), '/b?x=1&y=2': page('B'), '/linked': page('Linked') };

    it('reads its pages in their order, and no others', async () => {
      serve({
        ...some,
        '/map.xml': xml(urls('/b?x=1&amp;y=2', '/a#x', '/a', 'https://other.test/', '/lost', '/x.pdf')),
      });

      const result = await readSite({ mode: 'sitemap', url: `${at.site.origin}/map.xml` });

      expect(pathsOf(result)).to.deep.equal(['/b?x=1&y=2', '/a']);
      expect(asked()).to.deep.equal(['/map.xml', '/b?x=1&y=2', '/a', '/lost']);
    });

    it('reads indexes and what is compressed', async () => {
      serve({
        ...some,
        '/index.xml': xml(index('/one.xml.gz', '/two.xml', '/index.xml')),
        '/one.xml.gz': { headers: { 'Content-Type': 'application/x-gzip' }, body: gzipSync(urls('/a')) },
        '/two.xml': { headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(urls('/b?x=1&amp;y=2')) },
      });

      const result = await readSite({ mode: 'sitemap', url: `${at.site.origin}/index.xml` });

      expect(pathsOf(result)).to.deep.equal(['/a', '/b?x=1&y=2']);
    });

    it('finds it by robots.txt or at its usual place', async () => {
      serve({ ...some, '/sitemap.xml': xml(urls('/a')), '/other.xml': xml(urls('/b?x=1&amp;y=2')) });
      expect(pathsOf(await readSite({ mode: 'sitemap' }))).to.deep.equal(['/a']);

      serve({ '/robots.txt': { body: `Sitemap: ${at.site.origin}/other.xml` } });
      expect(pathsOf(await readSite({ mode: 'sitemap' }))).to.deep.equal(['/b?x=1&y=2']);
    });

    it('reads one that is a list of addresses', async () => {
      serve({ ...some, '/map.txt': { body: `${at.site.origin}/a\n${at.site.origin}/linked\n` } });

      expect(pathsOf(await readSite({ mode: 'sitemap', url: `${at.site.origin}/map.txt` }))).to.deep.equal([
        '/a',
        '/linked',
      ]);
    });

    it('is read where a redirect leads, with what it names there', async () => {
      const moved = await staticSite(some);
      serve({ '/sitemap.xml': { status: 301, headers: { Location: `${moved.origin}/sitemap.xml` } } });
      moved.pages['/sitemap.xml'] = xml(urls(`${moved.origin}/a`, '/b'));

      const config = { url: `${at.site.origin}/`, mode: 'sitemap' };
      const { keys } = await read('website', config, { fetch: fetchFor([at.site, moved]) });

      expect(keys).to.deep.equal([`${moved.origin}/a`]);
      expect(moved.paths()).to.deep.equal(['/sitemap.xml', '/robots.txt', '/a']);
      await moved.close();
    });

    it('says why nothing that it names is read', async () => {
      serve({ '/sitemap.xml': xml(urls('https://www.other.test/a', 'https://www.other.test/b')) });
      const reason = () => reasonOf(readSite({ mode: 'sitemap' }));

      expect(await reason()).to.equal(
        'all 2 pages that the sitemap names would be left out: https://www.other.test/a is on another site, https://www.other.test',
      );
      serve({ '/sitemap.xml': xml(urls('/a')) });
      expect(await reasonOf(readSite({ mode: 'sitemap', include: ['/docs/**'] }))).to.equal(
        `the page that the sitemap names would be left out: ${at.site.origin}/a is like none of the paths to include`,
      );
    });

    it('is only asked whether it has changed, as are robots.txt and the sitemaps that it names', async () => {
      serve({
        ...some,
        '/robots.txt': { body: `Sitemap: ${at.site.origin}/index.xml` },
        '/index.xml': xml(index('/one.xml', '/two.xml.gz')),
        '/one.xml': xml(urls('/a')),
        '/two.xml.gz': { body: gzipSync(urls('/linked')) },
      });
      const first = await readSite({ mode: 'sitemap' });
      const before = at.site.requests.length;

      const second = await readSite({ mode: 'sitemap' }, { after: first });
      const statuses = at.site.requests.slice(before).map(({ path, status }) => `${status} ${path}`);
      serve({ '/one.xml': xml(urls('/b?x=1&amp;y=2')) });
      const third = await readSite({ mode: 'sitemap' }, { after: second });

      const all = ['/robots.txt', '/index.xml', '/one.xml', '/two.xml.gz', '/a', '/linked'];
      expect(statuses).to.deep.equal(all.map((path) => `304 ${path}`));
      expect(second.memo).to.deep.equal(first.memo);
      expect(pathsOf(third)).to.deep.equal(['/b?x=1&y=2']);
      expect(third.items.filter(({ kind }) => kind === 'same')).to.have.length(1);
    });

    it('obeys maxPages and globs', async () => {
      serve({ '/sitemap.xml': xml(urls('/x/1', '/2', '/3', '/4')), '/2': page('2'), '/3': page('3') });

      expect(pathsOf(await readSite({ mode: 'sitemap', exclude: ['/x/**'], maxPages: 2 }))).to.deep.equal([
        '/2',
        '/3',
      ]);
    });

    it('fails when it, or one that it names, cannot be read', async () => {
      const from = (path: string) => reasonOf(readSite({ mode: 'sitemap', url: at.site.origin + path }));
      serve({
        '/index.xml': xml(index('/lost.xml')),
        '/page': page('Not found, sorry'),
        '/cut.xml': xml(urls('/a').slice(0, -20)),
        '/zip.xml': { body: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) },
        '/none.xml': xml(urls()),
      });

      expect(await from('/lost.xml')).to.equal('the server answered 404 Not Found');
      expect(await from('/index.xml')).to.equal('the server answered 404 Not Found');
      expect(await from('/page')).to.equal(`there is no sitemap at ${at.site.origin}/page`);
      expect(await from('/cut.xml')).to.equal(`the sitemap at ${at.site.origin}/cut.xml is cut off`);
      expect(await from('/zip.xml')).to.equal('the sitemap is compressed but broken');
      expect(await from('/none.xml')).to.match(/^no page with text was found at/);
    });

    it('is not blown up by one, and sends nothing elsewhere', async () => {
      const bomb = `<!DOCTYPE u [<!ENTITY x SYSTEM "${at.site.origin}/secret"><!ENTITY a "aaaa">]>${urls('/a&x;&a;', '/a')}`;
      serve({
        ...some,
        '/xxe.xml': xml(bomb),
        '/bomb.xml.gz': { body: gzipSync(Buffer.alloc(60 * 1024 * 1024)) },
      });
      const from = (path: string) => reasonOf(readSite({ mode: 'sitemap', url: at.site.origin + path }));

      await from('/xxe.xml');
      expect(await from('/bomb.xml.gz')).to.equal('the sitemap is larger than 50 MB');
      expect(at.site.paths()).not.to.include('/secret');
    });
  });
});
