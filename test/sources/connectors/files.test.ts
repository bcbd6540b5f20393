import { expect } from 'chai';
import iconv from 'iconv-lite';
import { complaints, read, reasonOf, uploads } from './reading.js';

describe('a source of files', () => {
  const readFiles = async (contents: Record<string, string | Buffer>) => {
    const { files, remove } = await uploads(contents);
    return read('files', {}, { files }).finally(remove);
  };

  it('makes a row of a text, a Markdown or an HTML file', async () => {
    const { rows } = await readFiles({
      'notes.txt': 'One.\nTwo.\n',
      'READ.MD': '# Title\n\nText',
      'page.html': '<title>A page</title><nav>Home</nav><main><h1>Hello</h1><p>World</p></main>',
    });

    expect(rows).to.deep.equal([
      { key: 'notes.txt', title: 'notes.txt', text: 'One.\nTwo.', url: null },
      { key: 'READ.MD', title: 'READ.MD', text: '# Title\n\nText', url: null },
      { key: 'page.html', title: 'A page', text: 'Hello\n\nWorld', url: null },
    ]);
  });

  it('makes rows of the lines of a CSV and the items of a JSON file', async () => {
    const { rows, expected } = await readFiles({
      'a.csv': 'id;name\n1;Hat\n2;Tie\n',
      'b.tsv': 'id\tname\n3\tBag\n',
      'c.json': '{"items":[{"name":"Belt"}]}',
      'd.txt': 'x',
    });

    expect(rows.map(({ key, title }) => key ?? title)).to.deep.equal(['Hat', 'Tie', 'Bag', 'Belt', 'd.txt']);
    expect(expected).to.equal(5);
  });

  it('reads any charset', async () => {
    const { rows } = await readFiles({
      'a.txt': iconv.encode('Grüße aus Köln', 'windows-1252'),
      'b.txt': iconv.encode('Grüße aus Köln', 'utf-16le', { addBOM: true }),
      'c.txt': '\ufeffGrüße aus Köln',
      'd.html': iconv.encode('<meta charset="windows-1252"><p>Grüße aus Köln', 'windows-1252'),
    });

    for (const { text } of rows) expect(text).to.equal('Grüße aus Köln');
  });

  const sentence = '時計は毎週日曜日の夕方に、扉の内側に掛かっている鍵で巻いてください。';
  const french = 'Le café fermé sera rouvert à Pâques, c’est sûr.';
  const charsets: [charset: string, text: string, options?: { addBOM: boolean }][] = [
    ['windows-1252', french],
    ['utf-16le', french, { addBOM: true }],
    ['utf-16be', sentence, { addBOM: true }],
    ['utf-16le', french],
    ['shift_jis', sentence],
    ['euc-jp', sentence],
    ['windows-1251', 'Заводите часы каждое воскресенье вечером.'],
    ['utf-8', sentence, { addBOM: true }],
  ];
  for (const [charset, text, options] of charsets) {
    it(`reads ${charset}${options ? ' with a byte order mark' : ''} in every kind of text`, async () => {
      const encode = (content: string) => iconv.encode(content, charset, options);
      const { rows, failed } = await readFiles({
        'a.txt': encode(text),
        'b.md': encode(text),
        'c.markdown': encode(text),
        'd.csv': encode(`title;more\n${text};x\n`),
        'e.tsv': encode(`title\tmore\n${text}\tx\n`),
        'f.json': encode(JSON.stringify([{ title: text }])),
      });

      expect(failed).to.deep.equal([]);
      expect(rows.slice(0, 3).map((row) => row.text)).to.deep.equal([text, text, text]);
      expect(rows.slice(3).map(({ title }) => title)).to.deep.equal([text, text, text]);
    });
  }

  it('takes a few odd letters among Latin ones for accented ones', async () => {
    const short = ['Größe: 5 m', 'Straße: Größe', 'Groß'];
    const { rows } = await readFiles(
      Object.fromEntries(short.map((text, n) => [`${n}.txt`, iconv.encode(text, 'windows-1252')])),
    );

    expect(rows.map(({ text }) => text)).to.deep.equal(short);
  });

  it('reads pages in the charset that they name', async () => {
    const page = (charset: string, text: string) =>
      iconv.encode(`<meta charset="${charset}"><p>${text}`, charset);
    const { rows } = await readFiles({
      'a.html': page('windows-1252', french),
      'b.htm': page('shift_jis', sentence),
      'c.html': iconv.encode(`<p>${sentence}`, 'utf-16le', { addBOM: true }),
    });

    expect(rows.map(({ text }) => text)).to.deep.equal([french, sentence, sentence]);
  });

  it('says by name what it cannot read, and reads the others', async () => {
    const { keys, failed } = await readFiles({
      'a.xyz': 'x',
      'b.txt': 'ok',
      'c.txt': '  \n',
      noExtension: 'x',
    });

    expect(keys).to.deep.equal(['b.txt']);
    expect(failed).to.deep.equal([
      'a.xyz: “a.xyz” is of a kind that cannot be read; these can: .txt .md .markdown .html .htm .pdf .docx .csv .tsv .json',
      'c.txt: “c.txt” has no text in it',
      'noExtension: “noExtension” is of a kind that cannot be read; these can: .txt .md .markdown .html .htm .pdf .docx .csv .tsv .json',
    ]);
  });

  it('reports a page that is nested beyond reason', async () => {
    const { failed } = await readFiles({ 'a.html': '<div>'.repeat(5000), 'b.txt': 'ok' });

    expect(failed).to.deep.equal(['a.html: “a.html”: the page is nested too deeply to be read']);
  });

  it('fails with the name of a JSON file that is none', async () => {
    expect(await reasonOf(readFiles({ 'a.json': '{' }))).to.match(/^“a.json” is not valid JSON: /);
  });

  it('fails without files, and takes no config', async () => {
    expect(await reasonOf(readFiles({}))).to.equal('no file has been uploaded');
    expect(complaints('files', {})).to.deep.equal([]);
    expect(complaints('files', { url: 'x' })).to.have.length(1);
  });
});

describe('a source of texts', () => {
  it('makes a row of each entry', async () => {
    const { rows, expected } = await read('text', { entries: [{ title: ' Hours ', text: 'Nine to five' }] });

    expect(rows).to.deep.equal([{ title: 'Hours', text: 'Nine to five', url: null }]);
    expect(expected).to.equal(1);
  });

  it('says what is wrong with a config', () => {
    expect(complaints('text', { entries: [] })).to.deep.equal(['entries: must have at least one entry']);
    expect(complaints('text', { entries: [{ title: ' ', text: 'x' }] })).to.deep.equal([
      'entries.0.title: must not be empty',
    ]);
  });
});
