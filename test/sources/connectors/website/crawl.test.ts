import { expect } from 'chai';
import { fetchFor, staticSite } from '../../../support/staticSite.js';
import { read, reasonOf } from '../reading.js';
import { page, scripted, websiteOfTests } from './ground.js';

describe('a website source', () => {
  const at = websiteOfTests();
  const { serve, readSite, pathsOf, asked } = at;

  describe('that is crawled', () => {
    it('is every page that links lead to on the same at.site, in their order', async () => {
      const other = await staticSite({ '/': page('Other') });
      serve({
        '/': page(
          'Home',
          '/b',
          'a/',
          './b#part',
          'mailto:x@y.test',
          'javascript:x()',
          `${other.origin}/`,
          'http://[',
        ),
        '/a/': page('A', 'deep?x=1', '../b?utm_source=a', '/'),
        '/a/deep?x=1': page('Deep', '/lost', '/picture.PNG', '/manual.pdf', '/b'),
        '/b': page('B', '/data', '/wiki/Node.js'),
        '/wiki/Node.js': page('Node.js'),
        '/data': { headers: { 'Content-Type': 'application/octet-stream' }, body: 'x' },
      });

      const result = await readSite();

      expect(pathsOf(result)).to.deep.equal(['/', '/b', '/a/', '/wiki/Node.js', '/a/deep?x=1']);
      expect(asked()).to.have.members(['/', '/b', '/a/', '/data', '/wiki/Node.js', '/a/deep?x=1', '/lost']);
      expect(result.failed).to.deep.equal([]);
      expect(other.requests).to.have.length(0);
      await other.close();
    });

    it('follows base, areas, frames, refreshes and next pages', async () => {
      serve({
        '/': `<head><base href="/docs/"><meta http-equiv="refresh" content="0; URL='one'">
          <link rel="next" href="two"></head><map><area href="three"></map><p>Text <a rel="nofollow" href="no">no</a>`,
        '/docs/one': page('One'),
        '/docs/two': page('Two'),
        '/docs/three': '<frameset><frame src="four"></frameset>',
        '/docs/four': page('Four'),
        '/docs/no': page('No'),
      });

      expect(pathsOf(await readSite())).to.have.members(['/', '/docs/one', '/docs/two', '/docs/four']);
    });

    it('has a page once, though it has many addresses', async () => {
      serve({
        '/': page('Home', '/index.html', '/?utm_medium=x', '/old', '/new', '#top'),
        '/index.html': page('Home').replace('<title>', '<link rel=canonical href="/"><title>'),
        '/old': { status: 301, headers: { Location: '/new' } },
        '/new': page('New'),
      });

      expect(pathsOf(await readSite())).to.deep.equal(['/', '/new']);
    });

    it('has a page once, whatever sorts it, lists it or names a session in its address', async () => {
      const list = page(
        'List',
        '/list?C=N;O=D',
        '/list;jsessionid=A1?phpsessid=2',
        '/list?view=grid',
        '/other',
      );
      serve({
        '/': page('Home', '/list', '/index.html'),
        '/index.html': page('Home', '/list', '/index.html'),
        '/list': list,
        '/list?view=grid': list.replace('<nav>', '<nav class="grid">'),
        '/other': page('List'),
      });

      const first = await readSite();
      const second = await readSite({}, { after: first });
      serve({ '/other': page('List', '/list?sort=up'), '/list?sort=up': list });
      const third = await readSite({}, { after: second });

      expect(pathsOf(first)).to.deep.equal(['/', '/list', '/other']);
      expect([pathsOf(third), third.items.length]).to.deep.equal([['/other'], 4]);
      expect(asked().slice(0, 5)).to.have.members(['/', '/list', '/index.html', '/list?view=grid', '/other']);
      expect(second.items.map(({ kind }) => kind)).to.deep.equal(['same', 'same', 'same', 'memo']);
    });

    it('is asked again for what it was asked too much for', async () => {
      let refusals = 3;
      serve({ '/': page('Home', '/a', '/b'), '/b': page('B') });
      at.site.pages['/a'] = (_request, response) => {
        if (refusals-- > 0) return response.writeHead(429, { 'Retry-After': '0' }).end();
        response.setHeader('Content-Type', 'text/html').end(page('A'));
      };

      const result = await readSite();

      expect([pathsOf(result), result.failed]).to.deep.equal([['/', '/a', '/b'], []]);
    });

    it('is left alone when it goes on to say that it is asked too much', async () => {
      const links = Array.from({ length: 20 }, (_, n) => `/${n}`);
      serve({ '/': page('Home', ...links) });
      for (const link of links) at.site.pages[link] = { status: 429, headers: { 'Retry-After': '3600' } };

      expect(await reasonOf(readSite())).to.match(
        /^the site says again and again that it is asked too much: /,
      );
      expect(asked().length).to.be.below(12);
    });

    it('stays on the site it was led to', async () => {
      const other = await staticSite({ '/start': page('Start', '/more'), '/more': page('More') });
      serve({ '/': { status: 302, headers: { Location: `${other.origin}/start` } } });

      const result = await read('website', { url: at.site.origin }, { fetch: fetchFor([at.site, other]) });

      expect(result.keys).to.deep.equal([`${other.origin}/start`, `${other.origin}/more`]);
      await other.close();
    });

    it('does not read where a link is redirected to another site', async () => {
      const other = await staticSite({ '/': page('Other') });
      serve({ '/': page('Home', '/away'), '/away': { status: 302, headers: { Location: other.origin } } });

      const result = await read('website', { url: at.site.origin }, { fetch: fetchFor([at.site, other]) });

      expect(pathsOf(result)).to.deep.equal(['/']);
      await other.close();
    });

    it('asks for no more pages than it may, and for the same ones every time', async () => {
      const slow = page('Slow');
      serve({
        '/': page('Home', '/slow', '/1', '/2', '/3'),
        '/slow': (_request, response) => setTimeout(() => response.end(slow), 30),
        '/1': page('1', '/4'),
        '/2': page('2', '/5'),
        '/3': page('3'),
        '/4': page('4'),
        '/5': page('5'),
      });

      const result = await readSite({ maxPages: 6 });

      expect(pathsOf(result)).to.deep.equal(['/', '/slow', '/1', '/2', '/3', '/4']);
      expect(asked()).to.have.length(6);
      expect(result.expected).to.equal(6);
    });

    it('asks for four pages at once', async () => {
      const links = Array.from({ length: 12 }, (_, n) => `/${n}`);
      let now = 0;
      let most = 0;
      serve({ '/': page('Home', ...links) });
      for (const link of links)
        at.site.pages[link] = (_request, response) => {
          most = Math.max(most, ++now);
          setTimeout(() => {
            now--;
            response.setHeader('Content-Type', 'text/html').end(page(link));
          }, 10);
        };

      expect((await readSite()).rows).to.have.length(13);
      expect(most).to.equal(4);
    });

    it('reads what globs include and not what they exclude', async () => {
      serve({
        '/': page('Home', '/docs', '/docs/a', '/docs/v1/b', '/blog/c', '/docs/%C3%BC'),
        '/docs': page('Docs'),
        '/docs/a': page('A'),
        '/docs/v1/b': page('B'),
        '/docs/%C3%BC': page('Ü'),
        '/blog/c': page('C'),
      });

      const result = await readSite({ include: ['docs/**'], exclude: ['/docs/v1/**', '**/ü'] });

      expect(pathsOf(result)).to.deep.equal(['/docs', '/docs/a']);
      expect(asked()).to.have.members(['/', '/docs', '/docs/a']);
    });

    it('leaves out pages that are not to be indexed, but follows their links', async () => {
      serve({
        '/': '<meta name="robots" content="noindex"><p>Start <a href="/a">a</a>',
        '/a': {
          headers: { 'Content-Type': 'text/html', 'X-Robots-Tag': 'noindex' },
          body: page('A', '/b', '/c'),
        },
        '/b': '<meta name="robots" content="nofollow"><p>B <a href="/d">d</a>',
        '/c': {
          headers: { 'Content-Type': 'text/html', 'X-Robots-Tag': 'otherbot: noindex' },
          body: page('C'),
        },
        '/d': page('D'),
      });

      expect(pathsOf(await readSite())).to.deep.equal(['/b', '/c']);
    });

    it('reports pages that fail and goes on', async () => {
      serve({
        '/': page('Home', '/broken', '/hangs', '/app', '/missing', '/gone', '/ok'),
        '/broken': { status: 503 },
        '/hangs': () => {},
        '/app': scripted,
        '/gone': { status: 410 },
        '/ok': page('OK'),
      });

      const result = await readSite({}, { limits: { time: 200 } });

      expect(pathsOf(result)).to.deep.equal(['/', '/ok']);
      expect(result.failed).to.deep.equal([
        `${at.site.origin}/broken: the server answered 503 Service Unavailable`,
        `${at.site.origin}/hangs: no answer within 0.2 s`,
        `${at.site.origin}/app: the page shows nothing without JavaScript`,
      ]);
    });

    it('reports a failure by the key the row had', async () => {
      serve({
        '/': page('Home', '/a'),
        '/a': page('A').replace('<title>', '<link rel=canonical href="/canonical"><title>'),
      });
      const first = await readSite();
      at.site.pages['/a'] = { status: 500 };

      const second = await readSite({}, { after: first });

      expect(second.failed).to.deep.equal([
        `${at.site.origin}/canonical: the server answered 500 Internal Server Error`,
      ]);
    });

    it('fails when there is no text anywhere', async () => {
      serve({ '/': '<p><a href="/a"></a></p>', '/a': '<p></p>' });

      expect(await reasonOf(readSite())).to.equal(`no page with text was found at ${at.site.origin}/`);
    });

    it('stops when it is told to', async () => {
      const abort = new AbortController();
      serve({ '/': page('Home', '/a'), '/a': () => abort.abort(new Error('stopping')) });

      const outcome = await reasonOf(
        read('website', { url: at.site.origin }, { fetch: fetchFor([at.site]), signal: abort.signal }),
      );

      expect(outcome).to.equal('stopping');
    });
  });
});
