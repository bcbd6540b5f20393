import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { unzipped, zipped } from '../../../src/sources/connectors/parsers/zip.js';
import { fixture } from '../fixtures.js';
import { read, uploads } from './reading.js';

describe('a Word document', () => {
  const readFiles = async (contents: Record<string, string | Buffer>) => {
    const { files, remove } = await uploads(contents);
    return read('files', {}, { files }).finally(remove);
  };
  const everything = () => true;
  /** A document with other text in it. */
  const withBody = async (body: string, name = 'handbook.docx') => {
    const parts = unzipped(await fixture(name), everything, 10_000_000);
    const xml = `<?xml version="1.0"?><w:document xmlns:w="${word}"><w:body>${body}</w:body></w:document>`;
    return zipped(parts.set('word/document.xml', Buffer.from(xml)));
  };
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;

  it('is a row: its title, its text with lists, tables and notes', async () => {
    const { rows, expected } = await readFiles({ 'handbook.DOCX': await fixture('handbook.docx') });

    expect(expected).to.equal(1);
    expect(rows).to.deep.equal([
      {
        key: 'handbook.DOCX',
        title: 'The lighthouse keeper’s handbook',
        url: null,
        text: [
          'The lighthouse keeper’s handbook',
          'R. Stevenson',
          'Lamps',
          'The lamp burns paraffin under pressure. Trim the mantle every morning[1] and polish the prisms with spirit, never with water.',
          'Supplies',
          'Item | Each week\nParaffin | 40 litres\nMantles | 3',
          '- brass polish\n- cotton waste\n  - in the red locker',
          ' 1. Wind the clockwork.\n 2. Light the lamp.',
          'Fog signals are sounded on the horn every ninety seconds.',
          ' 1. A mantle lasts about thirty hours.',
        ].join('\n\n'),
      },
    ]);
  });

  it('is called by its first heading where no title is given, else by its file; any script is read', async () => {
    const { rows } = await readFiles({
      'a.docx': await fixture('harbour.docx'),
      'b.docx': await withBody(paragraph('Boats only.'), 'harbour.docx'),
    });

    expect(rows.map(({ title }) => title)).to.deep.equal(['Правила гавани · 港の規則', 'b.docx']);
    expect(rows[0]!.text.split('\n\n').slice(1)).to.deep.equal([
      'Mooring',
      'Boats longer than twelve metres moor at the eastern quay; a berth is paid by the night.',
      'Швартовка разрешена до полуночи.',
      '係留は真夜中まで許可されています。',
      'Length | Fee\nup to 8 m | 14 crowns',
      '- Tools\n- Ropes',
    ]);
  });

  it('that cannot be read says so by name and in words, and the others are read', async () => {
    const handbook = await fixture('handbook.docx');
    const flipped = Buffer.from(handbook).fill(0xff, 3000, 3400);
    const parts = unzipped(handbook, everything, 10_000_000);
    const types = parts.get('[Content_Types].xml')!;
    const { keys, failed } = await readFiles({
      // Only where such a file says what it is; nothing else of it is read.
      'locked.docx': Buffer.concat([ole, Buffer.alloc(600), Buffer.from('EncryptedPackage', 'utf16le')]),
      'old.docx': Buffer.concat([ole, Buffer.alloc(600), Buffer.from('WordDocument', 'utf16le')]),
      'half.docx': handbook.subarray(0, handbook.length / 2),
      'flipped.docx': flipped,
      'forged.docx': Buffer.from(
        (await withBody(paragraph('true'))).toString('latin1').replace('true', 'lies'),
        'latin1',
      ),
      'picture.docx': await fixture('picture.docx'),
      'empty.docx': '',
      'text.docx': 'Only a text',
      'archive.docx': zipped([['a.xml', Buffer.from('<a/>')]]),
      'sheet.docx': zipped([['[Content_Types].xml', types]]),
      'handbook.docx': handbook,
    });

    expect(keys).to.deep.equal(['handbook.docx']);
    expect(failed.map((line) => line.replace(/^.*?: /, ''))).to.deep.equal([
      '“locked.docx” is protected by a password',
      '“old.docx” is a Word document of before 2007: save it as .docx',
      '“half.docx” is damaged or incomplete: it may have been cut off on its way',
      '“flipped.docx” is damaged or incomplete: it may have been cut off on its way',
      '“forged.docx” is damaged or incomplete: it may have been cut off on its way',
      '“picture.docx” has no text in it',
      '“empty.docx” is empty',
      '“text.docx” is no Word document, whatever its name says',
      '“archive.docx” is no Word document, whatever its name says',
      '“sheet.docx” is no Word document, whatever its name says',
    ]);
  });

  it('that unpacks to more than it may is refused, whatever size it claims to have', async () => {
    const body = Buffer.alloc(100 * 1024 * 1024, paragraph('bomb'));
    const { failed } = await readFiles({
      'plain.docx': await withBody(paragraph('plain').repeat(2_500_000)),
      'honest.docx': await packed(body, body.length),
      'liar.docx': await packed(body, 1000),
    });

    expect(failed).to.deep.equal([
      'plain.docx: “plain.docx” unpacks to more than one file may: divide it',
      'honest.docx: “honest.docx” unpacks to more than one file may: divide it',
      'liar.docx: “liar.docx” unpacks to more than one file may: divide it',
    ]);
  });

  it('that is nested beyond reason is refused, and the next one is read', async () => {
    const depth = 20_000;
    const nested = `${'<w:ins>'.repeat(depth)}${paragraph('deep')}${'</w:ins>'.repeat(depth)}`;
    const { keys, failed } = await readFiles({
      'a.docx': await withBody(nested),
      'b.docx': await withBody(paragraph('fine')),
    });

    expect(failed).to.have.length(1);
    expect(failed[0]).to.match(/^a\.docx: “a\.docx” cannot be read: it seems to be damaged/);
    expect(keys).to.deep.equal(['b.docx']);
  });

  it('has no say in how it is read: neither entities nor styles of its own', async () => {
    const parts = unzipped(await withBody(paragraph('plain')), everything, 10_000_000);
    const xml = `<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]>${parts.get('word/document.xml')!.toString().replace('plain', '[&e;]')}`;
    const styleMap = 'p => !';
    const { rows, failed } = await readFiles({
      'a.docx': zipped(new Map(parts).set('word/document.xml', Buffer.from(xml))),
      'b.docx': zipped(new Map(parts).set('mammoth/style-map', Buffer.from(styleMap))),
    });

    expect(failed).to.have.length(1);
    expect(failed[0]).to.include('a.docx').and.include('entity');
    expect(rows.map(({ text }) => text)).to.deep.equal(['plain']);
  });

  const ole = Buffer.from('d0cf11e0a1b11ae1', 'hex');

  /** The handbook, its text packed and said to be of another size than it is. */
  async function packed(body: Buffer, claimed: number): Promise<Buffer> {
    const name = 'word/document.xml';
    const parts = unzipped(await fixture('handbook.docx'), (path) => path !== name, 10_000_000);
    const bytes = deflateRawSync(body);
    const zip = zipped([[name, bytes], ...parts]);
    for (const method of [8, zip.indexOf('PK\x01\x02', 'latin1') + 10]) {
      zip.writeUInt16LE(8, method);
      zip.writeUInt32LE(claimed, method + 14);
    }
    return zip;
  }
});
