import { expect } from 'chai';
import iconv from 'iconv-lite';
import { linkedAddress } from '../../../../src/sources/connectors/website/address.js';
import type { Pages } from '../../../support/staticSite.js';
import { complaints, reasonOf } from '../reading.js';
import { page, scripted, websiteOfTests } from './ground.js';

describe('a website source', () => {
  const at = websiteOfTests();
  const { serve, readSite, asked } = at;

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
        key: `${at.site.origin}/`,
        url: `${at.site.origin}/`,
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
      expect((await only({ url: `${at.site.origin}/?id=1` })).keys).to.deep.equal([`${at.site.origin}/one`]);

      serve({ '/?id=1': '<link rel="canonical" href="https://other.test/"><p>Text</p>' });
      expect((await only({ url: `${at.site.origin}/?id=1` })).keys).to.deep.equal([
        `${at.site.origin}/?id=1`,
      ]);
    });

    it('is asked for by its address without what follows visitors', async () => {
      serve({ '/a?b=2&c=x%20y+z': page('A') });

      const { keys } = await only({ url: `${at.site.origin}/a?utm_source=mail&b=2&fbclid=7&c=x%20y+z#part` });

      expect(keys).to.deep.equal([`${at.site.origin}/a?b=2&c=x%20y+z`]);
    });

    it('is only asked whether it has changed when it is read again', async () => {
      serve({ '/': page('Hats') });
      const first = await only();

      const second = await readSite({ mode: 'page' }, { after: first });
      const other = await readSite({ mode: 'page', selector: 'p' }, { after: first });
      serve({ '/': page('Caps') });
      const changed = await readSite({ mode: 'page' }, { after: second });

      expect(second.items[0]).to.deep.equal({ kind: 'same', key: `${at.site.origin}/` });
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
