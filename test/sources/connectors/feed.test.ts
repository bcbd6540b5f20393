import { expect } from 'chai';
import iconv from 'iconv-lite';
import { fetchFor, type Site, staticSite } from '../../support/staticSite.js';
import { read, reasonOf } from './reading.js';

const rss = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>
<item><title>Fish &amp;amp; chips</title><link>/news/1?a=1&amp;b=2</link><guid isPermaLink="false">n-1</guid>
<description>short</description><content:encoded><![CDATA[<p>First <b>part</b>.</p><ul><li>one</li><li>two</li></ul>]]></content:encoded></item>
<item><title><![CDATA[Rain]]></title><link>https://news.test/2</link><description>All &lt;i&gt;day&lt;/i&gt;
long</description></item>
<item><guid>https://news.test/3</guid><description>Nothing but this.</description></item>
<item><title></title></item>
</channel></rss>`;

const atom = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>f</id>
<entry><id>urn:1</id><title type="html">A &lt;em&gt;title&lt;/em&gt;</title>
<link rel="self" href="https://a.test/self"/><link href="https://a.test/1"/>
<content type="html">&lt;p&gt;Body&lt;/p&gt;</content><summary>s</summary></entry>
<entry><id>urn:2</id><title>Second</title><summary>In short</summary></entry></feed>`;

const rdf = `<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://r.test/"><title>R</title><link>https://r.test/</link><description>d</description></channel>
<item rdf:about="https://r.test/1"><title>One</title><link>https://r.test/1</link><description>First one</description></item></rdf:RDF>`;

const jsonFeed = {
  version: 'https://jsonfeed.org/version/1.1',
  title: 'J',
  items: [
    { id: '1', url: 'https://j.test/1', title: 'One', content_html: '<p>Hello</p>' },
    { id: '2', content_text: 'Plain\ntext' },
  ],
};

describe('a feed source', () => {
  let site: Site;

  beforeEach(async () => {
    site = await staticSite();
  });

  afterEach(() => site.close());

  const readFeed = (body: string | Buffer, type = 'application/xml', around: object = {}) => {
    site.pages['/feed'] = { headers: { 'Content-Type': type }, body };
    return read('feed', { url: `${site.origin}/feed` }, { fetch: fetchFor([site]), ...around });
  };

  it('reads RSS', async () => {
    const { rows, expected } = await readFeed(rss, 'application/rss+xml');

    expect(rows).to.deep.equal([
      {
        key: 'n-1',
        title: 'Fish & chips',
        text: 'Fish & chips\n\nFirst part.\n\n- one\n- two',
        url: `${site.origin}/news/1?a=1&b=2`,
      },
      { key: 'https://news.test/2', title: 'Rain', text: 'Rain\n\nAll day long', url: 'https://news.test/2' },
      {
        key: 'https://news.test/3',
        title: 'Nothing but this.',
        text: 'Nothing but this.',
        url: 'https://news.test/3',
      },
    ]);
    expect(expected).to.equal(3);
  });

  it('reads Atom', async () => {
    expect((await readFeed(atom, 'application/atom+xml')).rows).to.deep.equal([
      { key: 'urn:1', title: 'A title', text: 'A title\n\nBody', url: 'https://a.test/1' },
      { key: 'urn:2', title: 'Second', text: 'Second\n\nIn short', url: null },
    ]);
  });

  it('reads RDF', async () => {
    expect((await readFeed(rdf)).rows).to.deep.equal([
      { key: 'https://r.test/1', title: 'One', text: 'One\n\nFirst one', url: 'https://r.test/1' },
    ]);
  });

  it('reads JSON Feed', async () => {
    expect((await readFeed(JSON.stringify(jsonFeed), 'application/feed+json')).rows).to.deep.equal([
      { key: '1', title: 'One', text: 'One\n\nHello', url: 'https://j.test/1' },
      { key: '2', title: 'Plain text', text: 'Plain\ntext', url: null },
    ]);
  });

  it('reads the charset from the XML declaration, from the header, or from the bytes', async () => {
    const german = rss.replace('Rain', 'Regen für Zürich').replace('UTF-8', 'ISO-8859-1');
    const latin1 = iconv.encode(german, 'latin1');
    const titles = async (body: Buffer, type?: string) => (await readFeed(body, type)).rows[1]?.title;

    expect(await titles(latin1)).to.equal('Regen für Zürich');
    expect(
      await titles(iconv.encode(german.replace(/<\?xml.*\?>/, ''), 'latin1'), 'text/xml; charset=latin1'),
    ).to.equal('Regen für Zürich');
    expect(await titles(Buffer.from(german.replace('ISO-8859-1', 'UTF-8')))).to.equal('Regen für Zürich');
    expect(await titles(iconv.encode(german, 'utf-16le', { addBOM: true }))).to.equal('Regen für Zürich');
  });

  it('reads a feed without entries', async () => {
    const empty = '<rss version="2.0"><channel><title>x</title></channel></rss>';

    expect((await readFeed(empty)).rows).to.deep.equal([]);
  });

  it('names the feeds of a web page that is none', async () => {
    const page =
      '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head></html>';

    expect(await reasonOf(readFeed(page, 'text/html'))).to.equal(
      `this is a web page; the feeds it names are ${site.origin}/rss.xml`,
    );
    expect(await reasonOf(readFeed('<html><p>hello', 'text/html'))).to.match(
      /^this is no feed that can be read/,
    );
    expect(await reasonOf(readFeed('', 'text/xml'))).to.match(/^this is no feed that can be read/);
  });

  it('neither expands entities nor fetches them', async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "${'ha'.repeat(1000)}">
      <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
      <!ENTITY x SYSTEM "${site.origin}/secret"><!ENTITY y SYSTEM "file:///etc/passwd">]>
      <rss version="2.0"><channel><item><title>Safe</title><description>&c;&x;&y;</description></item></channel></rss>`;

    const text = (await readFeed(bomb).catch(() => ({ rows: [] }))).rows.map((row) => row.text).join();

    expect(text.length).to.be.below(2000);
    expect(text).not.to.contain('root:');
    expect(site.paths()).to.deep.equal(['/feed']);
  });

  it('is not held up by HTML that is made to', async () => {
    const entry = (html: string) =>
      readFeed(
        `<rss version="2.0"><channel><item><guid>1</guid><description><![CDATA[${html}]]></description></item></channel></rss>`,
      );

    expect(await reasonOf(entry('<div>'.repeat(1_000_000)))).to.equal(
      'the page is nested too deeply to be read',
    );
    expect((await entry(`<pre>a${' '.repeat(200_000)}b</pre>`)).rows[0]?.text).to.match(/^a +b$/);
    expect((await entry(`<p>a</p>${'<br>'.repeat(200_000)}`)).rows[0]?.text).to.equal('a');
  });

  it('is all the same when the server says so', async () => {
    const first = await readFeed(rss);

    const second = await readFeed(rss, 'application/xml', { after: first });

    expect(second.items).to.deep.equal([{ kind: 'all-same' }]);
    expect(site.requests.at(-1)?.status).to.equal(304);
  });

  it('passes on why it could not be fetched', async () => {
    site.pages['/loop'] = { status: 301, headers: { Location: '/loop' } };
    const from = (path: string) => read('feed', { url: site.origin + path }, { fetch: fetchFor([site]) });

    expect(await reasonOf(from('/missing'))).to.equal('the server answered 404 Not Found');
    expect(await reasonOf(from('/loop'))).to.equal('more than 5 redirects');
  });
});
