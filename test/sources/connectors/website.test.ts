import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import iconv from 'iconv-lite';
import { linkedAddress } from '../../../src/sources/connectors/website/address.js';
import { fetchFor, type Pages, type Site, staticSite } from '../../support/staticSite.js';
import { complaints, type Read, read, reasonOf } from './reading.js';

const page = (title: string, ...links: string[]) =>
  `<!doctype html><html><head><meta charset="utf-8"><title>${title}</title></head><body>
   <nav>${links.map((link) => `<a href="${link}">${link}</a>`).join(' ')}</nav>
   <main><h1>${title}</h1><p>About ${title}.</p></main></body></html>`;

const scripted = '<html><body><div id="root"></div><script src="/app.js"></script></body></html>';

describe('a website source', () => {
  let site: Site;

  beforeEach(async () => {
    site = await staticSite();
  });

  afterEach(() => site.close());

  const readSite = (config: object = {}, { after, limits = {} }: { after?: Read; limits?: object } = {}) =>
    read('website', { url: `${site.origin}/`, ...config }, { fetch: fetchFor([site], limits), after });
  const pathsOf = ({ keys }: Read) => keys.map((key) => key!.replace(site.origin, ''));
  const serve = (pages: Pages) => Object.assign(site.pages, pages);
  const asked = () => site.paths().filter((path) => path !== '/robots.txt');

  describe('of one page', () => {
    const only = (config: object = {}) => readSite({ mode: 'page', ...config });
    const textOf = async (html: string | Buffer, config: object = {}) => {
      serve({ '/': html });
      return (await only(config)).rows[0]?.text;
    };

    it('is its main text, known by its address', async () => {
      serve({ '/': page('Hats', '/shoes') });

      const { rows, expected } = await only();

      expect(rows).to.have.length(1);
      expect(rows[0]).to.include({
        key: `${site.origin}/`,
        url: `${site.origin}/`,
        title: 'Hats',
        text: 'Hats\n\nAbout Hats.',
      });
      expect(expected).to.equal(1);
      expect(asked()).to.deep.equal(['/']);
    });

    it('leaves out what is not the text', async () => {
      const text = await textOf(`<body><header>Logo</header><nav>Menu</nav><div role="search">Find</div>
        <h1>Hats</h1><p>Warm<script>x()</script> ones.</p><p hidden>Secret</p><p aria-hidden="true">★</p>
        <style>p{}</style><noscript>Enable JavaScript</noscript><template><p>T</p></template>
        <form><label>Mail</label><input></form><aside>Ads</aside><footer>Imprint</footer></body>`);

      expect(text).to.equal('Hats\n\nWarm ones.');
    });

    it('prefers what the selector names, then main, then articles, then the body', async () => {
      const html = `<body><p>Body</p><main><p>Main</p><div class="text"><p>Text</p></div></main>
        <article>One</article></body>`;

      expect(await textOf(html, { selector: '.text' })).to.equal('Text');
      expect(await textOf(html, { selector: '.missing' })).to.equal('Main\n\nText');
      expect(
        await textOf('<p>B</p><article>One<article>In</article></article><article>Two</article>'),
      ).to.match(/^One\s+In\s+Two$/);
      expect(await textOf('<main></main><p>Body</p>')).to.equal('Body');
    });

    it('keeps the text of a page that is one form', async () => {
      expect(await textOf('<body><form id="aspnetForm"><h1>Hats</h1><p>Warm.</p></form></body>')).to.equal(
        'Hats\n\nWarm.',
      );
    });

    it('is readable: paragraphs, lists, tables and code', async () => {
      const text = await textOf(`<main><h2>Sizes</h2><p>We have <a href="/x">two</a><br>of them:</p>
        <ul><li>small</li><li>large <em>one</em></li></ul><ol><li>a</li></ol>
        <table><tr><th>Size</th><th>cm</th></tr><tr><td>small</td><td>50</td></tr></table>
        <pre>a  {\n  b\n}</pre><dl><dt>Wool</dt><dd>from sheep</dd></dl><img alt="A hat" src="x"></main>`);

      expect(text).to.equal(
        [
          'Sizes',
          'We have two\nof them:',
          '- small\n- large one',
          ' 1. a',
          'Size | cm\nsmall | 50',
          'a  {\n  b\n}',
          'Wool\nfrom sheep',
        ].join('\n\n'),
      );
    });

    it('reads the charset from the header, the mark, the page, or the bytes', async () => {
      const html = '<title>x</title><p>Grüße für 10 €</p>';
      const meta = `<meta charset="windows-1252">${html}`;
      const old = `<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">${html}`;
      const variants: [string | Buffer, string?][] = [
        [html],
        [`\ufeff${html}`],
        [iconv.encode(meta, 'windows-1252')],
        [iconv.encode(old, 'windows-1252')],
        [iconv.encode(html, 'windows-1252')],
        [iconv.encode(html, 'windows-1252'), 'text/html; charset=ISO-8859-1'],
        [Buffer.from(meta), 'text/html; charset=utf-8'],
        [iconv.encode(html, 'utf-16le', { addBOM: true })],
      ];

      for (const [body, type = 'text/html'] of variants) {
        serve({ '/': { headers: { 'Content-Type': type }, body } });
        expect((await only()).rows[0]?.text).to.equal('Grüße für 10 €');
      }
      const japanese = '<meta charset="Shift_JIS"><p>これは青い靴です';
      expect(await textOf(iconv.encode(japanese, 'shift_jis'))).to.equal('これは青い靴です');
    });

    it('is known by its canonical address on the same site', async () => {
      serve({ '/?id=1': '<link rel="canonical" href="/one"><p>Text</p>' });
      expect((await only({ url: `${site.origin}/?id=1` })).keys).to.deep.equal([`${site.origin}/one`]);

      serve({ '/?id=1': '<link rel="canonical" href="https://other.test/"><p>Text</p>' });
      expect((await only({ url: `${site.origin}/?id=1` })).keys).to.deep.equal([`${site.origin}/?id=1`]);
    });

    it('is asked for by its address without what follows visitors', async () => {
      serve({ '/a?b=2&c=x%20y+z': page('A') });

      const { keys } = await only({ url: `${site.origin}/a?utm_source=mail&b=2&fbclid=7&c=x%20y+z#part` });

      expect(keys).to.deep.equal([`${site.origin}/a?b=2&c=x%20y+z`]);
    });

    it('is only asked whether it has changed when it is read again', async () => {
      serve({ '/': page('Hats') });
      const first = await only();

      const second = await readSite({ mode: 'page' }, { after: first });
      const other = await readSite({ mode: 'page', selector: 'p' }, { after: first });
      serve({ '/': page('Caps') });
      const changed = await readSite({ mode: 'page' }, { after: second });

      expect(second.items[0]).to.deep.equal({ kind: 'same', key: `${site.origin}/` });
      expect(other.rows[0]?.text).to.equal('About Hats.');
      expect(changed.rows[0]?.title).to.equal('Caps');
    });

    const failing: [what: string, page: Pages[string], reason: RegExp][] = [
      ['is missing', { status: 404 }, /^the server answered 404 Not Found$/],
      ['is gone', { status: 410 }, /^the server answered 410 Gone$/],
      ['cannot be shown', { status: 500 }, /^the server answered 500/],
      [
        'is no web page',
        { headers: { 'Content-Type': 'application/pdf' } },
        /not a web page but application\/pdf/,
      ],
      ['is made by scripts', scripted, /^the page shows nothing without JavaScript$/],
      ['has no text', '<html><body><nav>Home</nav></body></html>', /^there is no text on the page$/],
      ['is not to be indexed', '<meta name="ROBOTS" content="NoIndex, follow"><p>x', /noindex/],
      ['leads round and round', { status: 302, headers: { Location: '/' } }, /^more than 5 redirects$/],
    ];
    for (const [what, page, reason] of failing) {
      it(`fails with a reason when the page ${what}`, async () => {
        serve({ '/': page });

        expect(await reasonOf(only())).to.match(reason);
      });
    }

    const excuses = [
      'Loading…',
      'You need to enable JavaScript to run this app.',
      'JavaScript is required to view this page.',
      'Bitte warten, die Seite wird geladen. Bitte aktivieren Sie JavaScript.',
    ];
    for (const text of excuses) {
      it(`takes “${text}” for no text where there are scripts`, async () => {
        serve({ '/': `<body><div id="root">${text}</div><script src="/app.js"></script></body>` });

        expect(await reasonOf(only())).to.equal('the page shows nothing without JavaScript');
        expect(await textOf(`<main>${text}</main>`)).to.equal(text);
        const article = `<main><p>${'We load ships. '.repeat(30)}<p>${text}</main><script>x()</script>`;
        expect(await textOf(article)).to.include(text);
      });
    }

    it('survives a page that is nested beyond reason', async () => {
      for (const tag of ['<div>', '<b>', '<x-a/>', '<svg><div/>'])
        expect(await reasonOf(textOf(`<body>${tag.repeat(400_000)}deep`))).to.equal(
          'the page is nested too deeply to be read',
        );
      expect(await textOf(`<body>${'<p>one<br><li>'.repeat(20_000)}`)).to.match(/^one/);
      expect(await textOf(`<p>one<script>${'if(a<b){}'.repeat(5000)}</script>`)).to.equal('one');
    });

    it('survives a page whose elements multiply', async () => {
      const fonts = Array.from({ length: 900 }, (_, n) => `<font color=${n}>`).join('');

      expect(await reasonOf(textOf(`<body><p>${fonts}${'<p>x'.repeat(50_000)}`))).to.equal(
        'the page has too many elements to be read',
      );
    });
  });

  describe('that is crawled', () => {
    it('is every page that links lead to on the same site, in their order', async () => {
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
      site.pages['/a'] = (_request, response) => {
        if (refusals-- > 0) return response.writeHead(429, { 'Retry-After': '0' }).end();
        response.setHeader('Content-Type', 'text/html').end(page('A'));
      };

      const result = await readSite();

      expect([pathsOf(result), result.failed]).to.deep.equal([['/', '/a', '/b'], []]);
    });

    it('is left alone when it goes on to say that it is asked too much', async () => {
      const links = Array.from({ length: 20 }, (_, n) => `/${n}`);
      serve({ '/': page('Home', ...links) });
      for (const link of links) site.pages[link] = { status: 429, headers: { 'Retry-After': '3600' } };

      expect(await reasonOf(readSite())).to.match(
        /^the site says again and again that it is asked too much: /,
      );
      expect(asked().length).to.be.below(12);
    });

    it('stays on the site it was led to', async () => {
      const other = await staticSite({ '/start': page('Start', '/more'), '/more': page('More') });
      serve({ '/': { status: 302, headers: { Location: `${other.origin}/start` } } });

      const result = await read('website', { url: site.origin }, { fetch: fetchFor([site, other]) });

      expect(result.keys).to.deep.equal([`${other.origin}/start`, `${other.origin}/more`]);
      await other.close();
    });

    it('does not read where a link is redirected to another site', async () => {
      const other = await staticSite({ '/': page('Other') });
      serve({ '/': page('Home', '/away'), '/away': { status: 302, headers: { Location: other.origin } } });

      const result = await read('website', { url: site.origin }, { fetch: fetchFor([site, other]) });

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
        site.pages[link] = (_request, response) => {
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
        `${site.origin}/broken: the server answered 503 Service Unavailable`,
        `${site.origin}/hangs: no answer within 0.2 s`,
        `${site.origin}/app: the page shows nothing without JavaScript`,
      ]);
    });

    it('reports a failure by the key the row had', async () => {
      serve({
        '/': page('Home', '/a'),
        '/a': page('A').replace('<title>', '<link rel=canonical href="/canonical"><title>'),
      });
      const first = await readSite();
      site.pages['/a'] = { status: 500 };

      const second = await readSite({}, { after: first });

      expect(second.failed).to.deep.equal([
        `${site.origin}/canonical: the server answered 500 Internal Server Error`,
      ]);
    });

    it('fails when there is no text anywhere', async () => {
      serve({ '/': '<p><a href="/a"></a></p>', '/a': '<p></p>' });

      expect(await reasonOf(readSite())).to.equal(`no page with text was found at ${site.origin}/`);
    });

    it('stops when it is told to', async () => {
      const abort = new AbortController();
      serve({ '/': page('Home', '/a'), '/a': () => abort.abort(new Error('stopping')) });

      const outcome = await reasonOf(
        read('website', { url: site.origin }, { fetch: fetchFor([site]), signal: abort.signal }),
      );

      expect(outcome).to.equal('stopping');
    });

    describe('again', () => {
      const pages = (): Pages => ({
        '/': page('Home', '/index.html', '/a', '/hidden', '/old', '/b'),
        '/index.html': page('Home').replace('<title>', '<link rel=canonical href="/"><title>'),
        '/a': page('A', '/c'),
        '/hidden': '<meta name=robots content=noindex><p>Hidden <a href="/d">d</a>',
        '/old': { status: 301, headers: { Location: '/new' } },
        '/new': page('New'),
        '/b': page('B'),
        '/c': page('C'),
        '/d': page('D'),
      });

      it('asks only whether anything has changed', async () => {
        serve(pages());
        const first = await readSite();
        const before = site.requests.length;

        const second = await readSite({}, { after: first });
        const third = await readSite({}, { after: second });

        expect(pathsOf(first)).to.have.members(['/', '/a', '/new', '/b', '/c', '/d']);
        for (const again of [second, third]) {
          expect(again.rows).to.deep.equal([]);
          expect(again.items.filter(({ kind }) => kind === 'same')).to.have.length(6);
          expect(again.memo).to.deep.equal(first.memo);
        }
        const statuses = site.requests.slice(before).filter(({ path }) => path !== '/robots.txt');
        expect(new Set(statuses.map(({ status }) => status))).to.deep.equal(new Set([304, 301]));
      });

      it('reports again what needs JavaScript, and reads what it did not want the last time', async () => {
        serve({ ...pages(), '/b': scripted });
        const first = await readSite();

        const second = await readSite({ exclude: ['/new'] }, { after: first });
        second.rowMemos.delete(`${site.origin}/new`);
        const third = await readSite({}, { after: second });

        for (const { failed } of [first, second, third])
          expect(failed).to.deep.equal([`${site.origin}/b: the page shows nothing without JavaScript`]);
        expect(pathsOf(third)).to.deep.equal(['/new']);
      });

      it('finds what is new, and what is gone', async () => {
        serve(pages());
        const first = await readSite();
        serve({ '/a': page('A', '/e'), '/e': page('E'), '/b': { status: 404 } });

        const second = await readSite({}, { after: first });

        expect(pathsOf(second)).to.have.members(['/a', '/e']);
        const same = second.items.flatMap((item) =>
          item.kind === 'same' ? item.key.replace(site.origin, '') : [],
        );
        expect(same).to.have.members(['/', '/new', '/d']);
      });
    });
  });

  describe('with a robots.txt', () => {
    const robots = (...lines: string[]) => ({
      '/robots.txt': { headers: { 'Content-Type': 'text/plain' }, body: lines.join('\n') },
    });

    it('does not go where it may not', async () => {
      serve({
        ...robots('User-agent: *', 'Disallow: /private', 'Allow: /private/open', 'Disallow: /*?print'),
        '/': page('Home', '/private/a', '/private/open', '/a?print', '/a'),
        '/private/open': page('Open'),
        '/a': page('A'),
      });

      expect(pathsOf(await readSite())).to.deep.equal(['/', '/private/open', '/a']);
      expect(asked()).to.have.members(['/', '/private/open', '/a']);
    });

    it('goes by what is said to Hookbell rather than to all', async () => {
      serve({
        ...robots('User-agent: hookbell', 'Disallow:', '', 'User-agent: *', 'Disallow: /'),
        '/': page('Home'),
      });
      expect(pathsOf(await readSite())).to.deep.equal(['/']);

      serve(robots('User-agent: *', 'Disallow:', '', 'User-agent: Hookbell', 'Disallow: /'));
      expect(await reasonOf(readSite())).to.equal(
        `robots.txt does not allow Hookbell to read ${site.origin}/`,
      );
    });

    it('waits as long between two pages as it is asked to', async () => {
      const times: number[] = [];
      const timed =
        (title: string, ...links: string[]): Pages[string] =>
        (_request, response) => {
          times.push(performance.now());
          response.setHeader('Content-Type', 'text/html').end(page(title, ...links));
        };
      serve({
        ...robots('User-agent: *', 'Crawl-delay: 0.05'),
        '/': timed('Home', '/a', '/b'),
        '/a': timed('A'),
        '/b': timed('B'),
      });

      await readSite();

      expect(times[1]! - times[0]!).to.be.above(48);
      expect(times[2]! - times[1]!).to.be.above(48);
    });

    it('allows everything where there is none', async () => {
      for (const status of [404, 401, 403]) {
        serve({ '/robots.txt': { status }, '/': page('Home') });
        expect((await readSite()).rows).to.have.length(1);
      }
    });

    it('fails where the server fails to show it', async () => {
      serve({ '/robots.txt': { status: 500 }, '/': page('Home') });

      expect(await reasonOf(readSite())).to.equal(
        `${site.origin}/robots.txt could not be read: the server answered 500 Internal Server Error`,
      );
      expect(asked()).to.deep.equal([]);
    });
  });

  describe('with a sitemap', () => {
    const urls = (...paths: string[]) =>
      `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${paths
        .map((path) => `<url><loc>${path.startsWith('http') ? path : site.origin + path}</loc></url>`)
        .join('')}</urlset>`;
    const index = (...paths: string[]) =>
      `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${paths
        .map((path) => `<sitemap><loc>${site.origin}${path}</loc></sitemap>`)
        .join('')}</sitemapindex>`;
    const xml = (body: string | Buffer) => ({ headers: { 'Content-Type': 'application/xml' }, body });
    const some: Pages = { '/a': page('A', '/linked'), '/b?x=1&y=2': page('B'), '/linked': page('Linked') };

    it('reads its pages in their order, and no others', async () => {
      serve({
        ...some,
        '/map.xml': xml(urls('/b?x=1&amp;y=2', '/a#x', '/a', 'https://other.test/', '/lost', '/x.pdf')),
      });

      const result = await readSite({ mode: 'sitemap', url: `${site.origin}/map.xml` });

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

      const result = await readSite({ mode: 'sitemap', url: `${site.origin}/index.xml` });

      expect(pathsOf(result)).to.deep.equal(['/a', '/b?x=1&y=2']);
    });

    it('finds it by robots.txt or at its usual place', async () => {
      serve({ ...some, '/sitemap.xml': xml(urls('/a')), '/other.xml': xml(urls('/b?x=1&amp;y=2')) });
      expect(pathsOf(await readSite({ mode: 'sitemap' }))).to.deep.equal(['/a']);

      serve({ '/robots.txt': { body: `Sitemap: ${site.origin}/other.xml` } });
      expect(pathsOf(await readSite({ mode: 'sitemap' }))).to.deep.equal(['/b?x=1&y=2']);
    });

    it('reads one that is a list of addresses', async () => {
      serve({ ...some, '/map.txt': { body: `${site.origin}/a\n${site.origin}/linked\n` } });

      expect(pathsOf(await readSite({ mode: 'sitemap', url: `${site.origin}/map.txt` }))).to.deep.equal([
        '/a',
        '/linked',
      ]);
    });

    it('is read where a redirect leads, with what it names there', async () => {
      const moved = await staticSite(some);
      serve({ '/sitemap.xml': { status: 301, headers: { Location: `${moved.origin}/sitemap.xml` } } });
      moved.pages['/sitemap.xml'] = xml(urls(`${moved.origin}/a`, '/b'));

      const config = { url: `${site.origin}/`, mode: 'sitemap' };
      const { keys } = await read('website', config, { fetch: fetchFor([site, moved]) });

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
        `the page that the sitemap names would be left out: ${site.origin}/a is like none of the paths to include`,
      );
    });

    it('is only asked whether it has changed, as are robots.txt and the sitemaps that it names', async () => {
      serve({
        ...some,
        '/robots.txt': { body: `Sitemap: ${site.origin}/index.xml` },
        '/index.xml': xml(index('/one.xml', '/two.xml.gz')),
        '/one.xml': xml(urls('/a')),
        '/two.xml.gz': { body: gzipSync(urls('/linked')) },
      });
      const first = await readSite({ mode: 'sitemap' });
      const before = site.requests.length;

      const second = await readSite({ mode: 'sitemap' }, { after: first });
      const statuses = site.requests.slice(before).map(({ path, status }) => `${status} ${path}`);
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
      const from = (path: string) => reasonOf(readSite({ mode: 'sitemap', url: site.origin + path }));
      serve({
        '/index.xml': xml(index('/lost.xml')),
        '/page': page('Not found, sorry'),
        '/cut.xml': xml(urls('/a').slice(0, -20)),
        '/zip.xml': { body: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) },
        '/none.xml': xml(urls()),
      });

      expect(await from('/lost.xml')).to.equal('the server answered 404 Not Found');
      expect(await from('/index.xml')).to.equal('the server answered 404 Not Found');
      expect(await from('/page')).to.equal(`there is no sitemap at ${site.origin}/page`);
      expect(await from('/cut.xml')).to.equal(`the sitemap at ${site.origin}/cut.xml is cut off`);
      expect(await from('/zip.xml')).to.equal('the sitemap is compressed but broken');
      expect(await from('/none.xml')).to.match(/^no page with text was found at/);
    });

    it('is not blown up by one, and sends nothing elsewhere', async () => {
      const bomb = `<!DOCTYPE u [<!ENTITY x SYSTEM "${site.origin}/secret"><!ENTITY a "aaaa">]>${urls('/a&x;&a;', '/a')}`;
      serve({
        ...some,
        '/xxe.xml': xml(bomb),
        '/bomb.xml.gz': { body: gzipSync(Buffer.alloc(60 * 1024 * 1024)) },
      });
      const from = (path: string) => reasonOf(readSite({ mode: 'sitemap', url: site.origin + path }));

      await from('/xxe.xml');
      expect(await from('/bomb.xml.gz')).to.equal('the sitemap is larger than 50 MB');
      expect(site.paths()).not.to.include('/secret');
    });
  });

  it('has its links on https where it is itself', () => {
    expect(linkedAddress('http://x.test/a', 'https://x.test/b')).to.equal('https://x.test/a');
    expect(linkedAddress('http://x.test:8080/a', 'https://x.test/b')).to.equal('http://x.test:8080/a');
    expect(linkedAddress('http://y.test/a', 'https://x.test/b')).to.equal('http://y.test/a');
    expect(linkedAddress('https://x.test/a', 'http://x.test/b')).to.equal('https://x.test/a');
  });

  it('says what is wrong with a config', () => {
    const url = 'https://x.test/';

    expect(complaints('website', {})).to.have.length(1);
    expect(complaints('website', { url, mode: 'all' })).to.deep.equal([
      'mode: must be page, crawl or sitemap',
    ]);
    expect(complaints('website', { url, selector: 'p[' })).to.deep.equal([
      'selector: must be a CSS selector',
    ]);
    expect(complaints('website', { url, maxPages: 0 })).to.have.length(1);
    expect(
      complaints('website', { url, maxPages: 3, include: ['/a/**'], selector: 'main > p' }),
    ).to.deep.equal([]);
  });
});
