import { expect } from 'chai';
import iconv from 'iconv-lite';
import { fetchFor, type Site, staticSite } from '../../support/staticSite.js';
import { complaints, read, reasonOf, uploads } from './reading.js';

describe('a CSV source', () => {
  let site: Site;

  beforeEach(async () => {
    site = await staticSite();
  });

  afterEach(() => site.close());

  const readText = async (body: string | Buffer, config: object = {}, type = 'text/csv') => {
    site.pages['/data.csv'] = { headers: { 'Content-Type': type }, body };
    return read('csv', { url: `${site.origin}/data.csv`, ...config }, { fetch: fetchFor([site]) });
  };
  const texts = async (body: string | Buffer, config: object = {}, type?: string) =>
    (await readText(body, config, type)).rows.map(({ text }) => text);

  it('makes a row of each line, with the names of the columns', async () => {
    const { rows, expected } = await readText(
      'sku,name,price,url\nA1,Blue shoe,9.99,https://shop.test/a1\nA2,Hat,,\n',
      { keyColumn: 'SKU' },
    );

    expect(rows).to.deep.equal([
      {
        key: 'A1',
        title: 'Blue shoe',
        text: 'sku: A1\nname: Blue shoe\nprice: 9.99\nurl: https://shop.test/a1',
        url: 'https://shop.test/a1',
      },
      { key: 'A2', title: 'Hat', text: 'sku: A2\nname: Hat', url: null },
    ]);
    expect(expected).to.equal(2);
  });

  it('gives rows no key without a key column', async () => {
    expect((await readText('a,b\n1,2\n')).keys).to.deep.equal([undefined]);
  });

  it('reads HTML in a value as text', async () => {
    expect(await texts('name,body\nHat,"<p>Warm &amp; <b>soft</b></p><p>Red</p>"\n')).to.deep.equal([
      'name: Hat\nbody: Warm & soft\n\nRed',
    ]);
  });

  for (const [name, delimiter] of Object.entries({ comma: ',', semicolon: ';', tab: '\t', bar: '|' })) {
    it(`finds out that the delimiter is a ${name}`, async () => {
      const lines = [
        ['city', 'size'],
        ['Bern, CH; old', '1,5'],
        ['Rome', '2,8'],
      ];
      const body = lines.map((line) => line.map((value) => `"${value}"`).join(delimiter)).join('\r\n');

      expect(await texts(body)).to.deep.equal(['city: Bern, CH; old\nsize: 1,5', 'city: Rome\nsize: 2,8']);
    });
  }

  it('is not misled by decimal commas', async () => {
    expect(await texts('Artikel;Preis\nSchuh;9,99\nHut;5,00\n')).to.deep.equal([
      'Artikel: Schuh\nPreis: 9,99',
      'Artikel: Hut\nPreis: 5,00',
    ]);
  });

  it('takes the delimiter it is given', async () => {
    expect(await texts('a^b\n1^2\n', { delimiter: '^' })).to.deep.equal(['a: 1\nb: 2']);
    expect(await texts('a\tb\n1\t2\n', { delimiter: 'tab' })).to.deep.equal(['a: 1\nb: 2']);
  });

  describe('in any charset', () => {
    const body = 'Stadt;Gruß\nMünchen;Grüß Gott – „servus“\nZürich;Grüezi mitenand\n';
    const expected = ['Stadt: München\nGruß: Grüß Gott – „servus“', 'Stadt: Zürich\nGruß: Grüezi mitenand'];

    it('reads UTF-8 with a byte order mark and without', async () => {
      expect(await texts(body)).to.deep.equal(expected);
      expect(await texts(`\ufeff${body}`)).to.deep.equal(expected);
    });

    it('reads UTF-16 with a byte order mark and without', async () => {
      for (const charset of ['utf-16le', 'utf-16be'])
        for (const addBOM of [true, false])
          expect(await texts(iconv.encode(body, charset, { addBOM }))).to.deep.equal(expected);
    });

    it('reads windows-1252, told or not', async () => {
      const bytes = iconv.encode(body, 'windows-1252');

      expect(await texts(bytes)).to.deep.equal(expected);
      expect(await texts(bytes, {}, 'text/csv; charset=ISO-8859-1')).to.deep.equal(expected);
    });

    it('reads a single letter of windows-1252 at the very end', async () => {
      expect(await texts(Buffer.from('name\nCaf\xe9', 'latin1'))).to.deep.equal(['name: Café']);
    });

    it('reads Shift_JIS', async () => {
      const japanese =
        '商品名,説明\n靴,これは青い靴です。とても軽い。\n帽子,これは赤い帽子です。とても暖かい。\n';

      expect(await texts(iconv.encode(japanese, 'shift_jis'))).to.deep.equal([
        '商品名: 靴\n説明: これは青い靴です。とても軽い。',
        '商品名: 帽子\n説明: これは赤い帽子です。とても暖かい。',
      ]);
    });

    it('reads windows-1251', async () => {
      const russian = 'название,описание\nшляпа,Тёплая зимняя шляпа для мужчин и женщин\n';

      expect(await texts(iconv.encode(russian, 'windows-1251'))).to.deep.equal([
        'название: шляпа\nописание: Тёплая зимняя шляпа для мужчин и женщин',
      ]);
    });

    it('believes UTF-8 more than a header that says otherwise', async () => {
      expect(await texts(body, {}, 'text/csv; charset=iso-8859-1')).to.deep.equal(expected);
    });

    it('reads windows-1252 though the first umlaut is far into the file', async () => {
      const plain = `name\n${'hat\n'.repeat(40_000)}`;

      expect((await texts(Buffer.from(`${plain}M\xfctze\n`, 'latin1'))).at(-1)).to.equal('name: Mütze');
    });

    it('reads UTF-8 whose characters are cut by the borders of what is read at once', async () => {
      const all = await texts(`name\n${'–ü€\n'.repeat(50_000)}`);

      expect(all).to.have.length(50_000);
      expect(new Set(all)).to.deep.equal(new Set(['name: –ü€']));
    });

    it('strips what a database would refuse', async () => {
      const { rows } = await readText('id,name\n1\0,a\0b\n', { keyColumn: 'id' });

      expect(rows).to.deep.equal([{ key: '1', title: 'ab', text: 'id: 1\nname: ab', url: null }]);
    });
  });

  describe('with lines that are not as they should be', () => {
    it('takes short and long ones as they are', async () => {
      expect(await texts('a,b,c\n1\n1,2,3,4\n\n,,\n5,6,7\n')).to.deep.equal([
        'a: 1',
        'a: 1\nb: 2\nc: 3\nColumn 4: 4',
        'a: 5\nb: 6\nc: 7',
      ]);
    });

    it('keeps line breaks and quotes that are meant', async () => {
      const body = 'a,b\n1,"two\nlines"\n2,"""quoted""\r\nover ""two"""\n3,5" disk\n4,"""x"""\n';

      expect(await texts(body)).to.deep.equal([
        'a: 1\nb: two\nlines',
        'a: 2\nb: "quoted"\r\nover "two"',
        'a: 3\nb: 5" disk',
        'a: 4\nb: "x"',
      ]);
    });

    it('loses no line to a quote that is never closed', async () => {
      const { rows } = await readText(
        'id,name,price\n1,Hat,1\n2,"Shoe,2\n3,"Red, Sock",3\n4,Tie,4\n5,"Scarf,5\n6,Belt,6\n7,Bag,7',
        { keyColumn: 'id' },
      );

      expect(rows.map(({ key }) => key)).to.deep.equal(['1', '2', '3', '4', '5', '6', '7']);
      expect(rows[1]?.text).to.equal('id: 2\nname: "Shoe\nprice: 2');
      expect(rows[2]?.text).to.equal('id: 3\nname: Red, Sock\nprice: 3');
    });

    it('reports a line without a key, and reads the source again next time', async () => {
      const first = await readText('id,name\n1,Hat\n,Shoe\n', { keyColumn: 'id' });

      expect(first.keys).to.deep.equal(['1']);
      expect(first.failed).to.deep.equal(['line 3: line 3 has nothing in “id”']);
      expect(first.memo).to.equal(null);
    });
  });

  describe('read again', () => {
    const config = () => ({ url: `${site.origin}/data.csv` });

    it('is all the same when the server says so', async () => {
      const first = await readText('a\n1\n');

      const second = await read('csv', config(), { fetch: fetchFor([site]), after: first });

      expect(second.items).to.deep.equal([{ kind: 'all-same' }]);
      expect(site.requests.at(-1)?.status).to.equal(304);
    });

    it('is all the same when the body is, though the server does not say so', async () => {
      const first = await readText('a\n1\n');
      site.pages['/data.csv'] = (_request, response) => void response.end('a\n1\n');

      const second = await read('csv', config(), { fetch: fetchFor([site]), after: first });

      expect(second.items).to.deep.equal([{ kind: 'all-same' }]);
    });

    it('is read in full after its config has changed', async () => {
      const first = await readText('a\n1\n');

      const second = await read(
        'csv',
        { ...config(), keyColumn: 'a' },
        { fetch: fetchFor([site]), after: first },
      );

      expect(second.keys).to.deep.equal(['1']);
      expect(site.requests.at(-1)?.headers).not.to.have.property('if-none-match');
    });
  });

  it('says which columns there are when the key column is not among them', async () => {
    expect(await reasonOf(readText('a,b\n1,2\n', { keyColumn: 'sku' }))).to.equal(
      'there is no column “sku”; the columns are: a, b',
    );
  });

  it('fails on an empty file and on a web page', async () => {
    expect(await reasonOf(readText(''))).to.equal('the file is empty');
    expect(await reasonOf(readText('<html>', {}, 'text/html'))).to.match(/a web page, not with CSV/);
  });

  it('has no row when there is only a header', async () => {
    expect((await readText('a,b\n')).rows).to.deep.equal([]);
  });

  it('reads uploaded files where there is no URL', async () => {
    const { files, remove } = await uploads({
      'a.csv': 'id;name\n1;Hat\n',
      'b.csv': 'id,name\n2,Shoe\n3,Tie\n',
    });

    const { keys, expected } = await read('csv', { keyColumn: 'id' }, { files });

    expect(keys).to.deep.equal(['1', '2', '3']);
    expect(expected).to.equal(3);
    expect(await reasonOf(read('csv', {}))).to.equal('there is neither a URL nor an uploaded file to read');
    await remove();
  });

  it('says what is wrong with a config', () => {
    expect(complaints('csv', { url: 'ftp://x/y.csv' })).to.deep.equal([
      'url: must be an http:// or https:// address',
    ]);
    expect(complaints('csv', { url: 'https://me:pw@x.test/' })).to.deep.equal([
      'url: must not contain a user name or password',
    ]);
    expect(complaints('csv', { delimiter: '::' })).to.deep.equal([
      'delimiter: must be one character other than a quote, or “tab”',
    ]);
    expect(complaints('csv', { urll: 'x' })).to.have.length(1);
    expect(complaints('csv', {})).to.deep.equal([]);
  });
});
