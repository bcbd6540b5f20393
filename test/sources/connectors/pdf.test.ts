import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { apart } from '../../../src/sources/connectors/parsers/apart.js';
import { flate, pdfOf, pdfPage, written } from '../../support/pdf.js';
import { fixture } from '../fixtures.js';
import { read, uploads } from './reading.js';

describe('a PDF', () => {
  const readFiles = async (contents: Record<string, string | Buffer>) => {
    const { files, remove } = await uploads(contents);
    return read('files', {}, { files }).finally(remove);
  };
  const textOf = async (file: Buffer) => {
    const { rows, failed } = await readFiles({ 'a.pdf': file });
    expect(failed).to.deep.equal([]);
    return rows[0]!;
  };

  it('is a row: its title, and its text in paragraphs, column by column', async () => {
    const { rows, expected } = await readFiles({ 'clock.PDF': await fixture('guide.pdf') });

    expect(expected).to.equal(1);
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({ key: 'clock.PDF', title: 'Care of the Brassfield clock', url: null });
    const paragraphs = rows[0]!.text.split('\n\n');
    expect(paragraphs[1]).to.equal(
      'The Brassfield is a long-case clock that runs for eight days. Wind it every Sunday evening with the crank ' +
        'that hangs inside the door, and never turn the crank backwards, for that strains the click spring and ' +
        'wears its teeth.',
    );
    expect(rows[0]!.text).to.include('\nPendulum | length | 994 mm\nWeight | mass | 5.5 kg\n');
    expect(rows[0]!.text).to.include('The movement is cleaned by a clockmaker every seven years');
    expect(rows[0]!.text).to.include('a well-made lacquer protects the silver for a lifetime, and polish');
    expect(rows[0]!.text).to.include('one soft brush\na bottle of clock oil\ntwo clean cloths');
    expect(paragraphs.slice(-2)).to.deep.equal([
      'Moving house',
      'Before the clock is carried, take off the pendulum and both weights, and mark the weights left and right.',
    ]);
  });

  it('is read in any script, from whichever side', async () => {
    const { title, text } = await textOf(await fixture('languages.pdf'));

    expect(title).to.equal('Ρολόγια 時計 Часы');
    expect(text.split('\n\n')).to.deep.equal([
      'Κουρδίστε το ρολόι κάθε Κυριακή βράδυ με τη μανιβέλα.',
      'Заводите часы каждое воскресенье вечером ключом, который висит за дверцей.',
      'יש למתוח את השעון בכל יום ראשון בערב בעזרת המפתח התלוי בדלת השעון הגדולה.',
      'قم بملء الساعة مساء كل يوم أحد بالمفتاح المعلق.',
      '時計は毎週日曜日の夕方に、扉の内側に掛かっている鍵で巻いてください。振り子を下げると遅くなります。',
      'Zegar nakręcaj w każdą niedzielę: zażółć gęślą jaźń.',
      'Les efficaces fleurs — fin du siècle, œuvre naïve.',
    ]);
  });

  it('is read where its fonts leave it to the reader which characters there are', async () => {
    const font =
      '<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin /Encoding /90ms-RKSJ-H /DescendantFonts [6 0 R] >>';
    const descendant =
      '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin /FontDescriptor 7 0 R ' +
      '/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>';
    const descriptor = '<< /Type /FontDescriptor /FontName /Ryumin /Flags 4 >>';
    // 時計 in Shift_JIS, the two set apart as where a line is stretched to the margin.
    const contents = 'BT /F1 20 Tf 100 700 Td [<8e9e> -400 <8c76>] TJ ET';

    expect((await textOf(pdfPage({ contents }, { font, more: [descendant, descriptor] }))).text).to.equal(
      '時計',
    );
  });

  it('joins words that are divided at the end of a line, and keeps the hyphens that are theirs', async () => {
    const contents = written([
      ['The self-winding kind is wound by a remark-', 72, 700],
      ['able spring; every other one is called a self-', 72, 686],
      ['winding impostor by those who sell the first.', 72, 672],
      ['', 72, 658],
      ['Another paragraph starts lower down.', 72, 640],
    ]);

    expect((await textOf(pdfPage({ contents }))).text).to.equal(
      'The self-winding kind is wound by a remarkable spring; every other one is called a self-winding impostor by ' +
        'those who sell the first.\n\nAnother paragraph starts lower down.',
    );
  });

  it('keeps apart the lines of a list, and shortens the dots of a table of contents', async () => {
    const contents = written([
      ['1. Winding . . . . . . . . . . . . . . . . . . . 4', 72, 700],
      ['2. Oiling . . . . . . . . . . . . . . . . . . . . 7', 72, 686],
      ['Opening hours', 72, 672],
      ['Monday to Friday', 72, 658],
    ]);

    expect((await textOf(pdfPage({ contents }))).text).to.equal(
      '1. Winding … 4\n2. Oiling … 7\nOpening hours\nMonday to Friday',
    );
  });

  it('is called by its first heading where no title is given, else by its file', async () => {
    const heading = written([
      ['Bell tower', 72, 760, 9],
      ['The large', 72, 700, 24],
      ['bell', 72, 672, 24],
      ['It weighs two tons and is rung on Sundays.', 72, 640],
    ]);
    const plain = written([['It weighs two tons.', 72, 640]]);
    const info = '/Title (Microsoft Word - bell_v3.docx)';

    const { rows } = await readFiles({
      'a.pdf': pdfPage({ contents: heading }, { info }),
      'b.pdf': pdfPage({ contents: plain }, { info: '/Title (Untitled)' }),
      'c.pdf': pdfPage({ contents: plain }, { info: '/Title (Microsoft Word - The bell)' }),
    });

    expect(rows.map(({ title }) => title)).to.deep.equal(['The large bell', 'b.pdf', 'The bell']);
  });

  it('that cannot be read says so by name and in words, and the others are read', async () => {
    const guide = await fixture('guide.pdf');
    const { keys, failed } = await readFiles({
      'locked.pdf': await fixture('locked.pdf'),
      'scan.pdf': await fixture('scan.pdf'),
      'half.pdf': guide.subarray(0, guide.length / 2),
      'nearly.pdf': guide.subarray(0, guide.length - 40),
      'empty.pdf': '',
      'text.pdf': 'Only a text',
      'broken.pdf': `%PDF-1.4\n${'x'.repeat(2000)}\nstartxref\n9\n%%EOF\n`,
      'guide.pdf': guide,
    });

    expect(keys).to.deep.equal(['guide.pdf']);
    expect(failed.map((line) => line.replace(/^.*?: /, ''))).to.deep.equal([
      '“locked.pdf” is protected by a password',
      '“scan.pdf” has no text in it, only pictures: if it was scanned, have its text recognised (OCR) first',
      '“half.pdf” is incomplete, its end is missing: it may have been cut off on its way',
      '“nearly.pdf” is incomplete, its end is missing: it may have been cut off on its way',
      '“empty.pdf” is empty',
      '“text.pdf” is no PDF, whatever its name says',
      '“broken.pdf” cannot be read: it seems to be damaged (Invalid PDF structure.)',
    ]);
  });

  it('has at most 2,000 pages', async () => {
    const contents = written([['Page', 72, 700]]);

    const { rows, failed } = await readFiles({
      'a.pdf': pdfPage({ contents }, {}, 2000),
      'b.pdf': pdfPage({ contents }, {}, 2001),
    });

    expect(rows[0]?.text.split('\n\n')).to.have.length(2000);
    expect(failed).to.deep.equal(['b.pdf: “b.pdf” has 2,001 pages; at most 2,000 can be read: divide it']);
  });

  it('with pages that contain themselves is refused', async () => {
    const loop = pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']);

    const { failed } = await readFiles({ 'a.pdf': loop });

    expect(failed[0]).to.match(/^a\.pdf: “a\.pdf” cannot be read: it seems to be damaged \(.*circular/);
  });

  describe('made to take all there is', () => {
    const limits = { milliseconds: 120_000, megabytes: 80 };
    const outcomes = async (files: Record<string, Buffer>, own = limits) => {
      const stored = await uploads(files);
      const parsers = apart(own);
      try {
        const found = [];
        for (const { path } of stored.files) found.push(await parsers.read(path, 'pdf'));
        return found;
      } finally {
        await parsers.end();
        await stored.remove();
      }
    };
    const fine = pdfPage({ contents: written([['Still here', 72, 700]]) });
    const tooMuch = { kind: 'unreadable', reason: 'needs more memory than one file may: divide it' };
    const read = { kind: 'read', title: null, text: 'Still here' };

    it('memory for bytes is refused it, packed once or twice, and the next file is read', async () => {
      const zeros = flate(Buffer.alloc(150 * 1024 * 1024));
      const once = pdfPage({ contents: zeros, filter: '/FlateDecode' });
      const twice = pdfPage({ contents: flate(zeros), filter: '[/FlateDecode /FlateDecode]' });

      expect(await outcomes({ once, twice, fine })).to.deep.equal([tooMuch, tooMuch, read]);
    });

    it('memory for objects is refused it, and the next file is read', async () => {
      const many = Buffer.alloc(12 * 1024 * 1024, '(abc) Tj 90 -70 Td (def) Tj -90 70 Td ');
      const contents = flate(
        Buffer.concat([Buffer.from('BT /F1 12 Tf 72 720 Td '), many, Buffer.from(' ET')]),
      );

      expect(await outcomes({ heavy: pdfPage({ contents, filter: '/FlateDecode' }), fine })).to.deep.equal([
        tooMuch,
        read,
      ]);
    });

    it('time is given up', async () => {
      const endless = Buffer.alloc(60 * 1024 * 1024, '(abc) Tj 0 0 Td ');
      const contents = flate(Buffer.concat([Buffer.from('BT /F1 12 Tf 72 720 Td '), endless]));
      const file = pdfPage({ contents, filter: '/FlateDecode' });

      expect(await outcomes({ file }, { milliseconds: 1500, megabytes: 384 })).to.deep.equal([
        { kind: 'unreadable', reason: 'takes more than 1.5 seconds to read: divide it' },
      ]);
    });
  });

  it('is read without a canvas, and without a word on the console', async () => {
    const module = fileURLToPath(new URL('../../../src/sources/connectors/parsers/pdf.js', import.meta.url));
    const script = `
      const { pdfText } = await import(${JSON.stringify(module)});
      const { text } = await pdfText(Buffer.from(${JSON.stringify(
        pdfPage({ contents: written([['Hello', 72, 700]]) }).toString('latin1'),
      )}, 'latin1'), 100);
      const { sharedObjects } = process.report.getReport();
      console.log(text, sharedObjects.filter((path) => path.includes('canvas')).length);`;

    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      script,
    ]);

    expect([stdout, stderr]).to.deep.equal(['Hello 0\n', '']);
  });
});
