import { load } from 'cheerio';
import mammoth from 'mammoth';
import { SourceError } from '../connector.js';
import { readable } from '../readable.js';
import { titleFrom } from './titles.js';
import { unzipped, zipped } from './zip.js';

const mostBytes = 64 * 1024 * 1024;

const reading = {
  styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => h2:fresh"],
  convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
};

/** The text of a Word document. Throws `SourceError` with words that go on after its name. */
export async function docxText(
  file: Buffer,
  mostCharacters: number,
): Promise<{ title: string | null; text: string }> {
  requireZip(file);
  const parts = unzipped(file, (name) => /\.(xml|rels)$/i.test(name), mostBytes);
  if (!parts.has('[Content_Types].xml')) throw new SourceError('is no Word document, whatever its name says');
  // mammoth is given what was counted, and nothing else to unpack.
  const { value: html } = await mammoth.convertToHtml({ buffer: zipped(parts) }, reading).catch(refuse);
  const $ = load(html);
  // Links from the notes back to where they belong.
  $('a[href^="#footnote-ref-"], a[href^="#endnote-ref-"]').remove();
  // A row of a table is a line, where each of its cells is but a paragraph.
  for (const paragraph of $('td > p, th > p').toArray()) $(paragraph).append(' ').contents().unwrap();
  const text = readable($.html());
  if (!text) throw new SourceError('has no text in it');
  if (text.length > mostCharacters)
    throw new SourceError(
      `has more than ${mostCharacters.toLocaleString('en')} characters of text: divide it`,
    );
  return { title: titleFrom([titleIn(parts), $('h1, h2, h3').first().text()]), text };
}

function requireZip(file: Buffer): void {
  if (file.length === 0) throw new SourceError('is empty');
  const start = file.toString('hex', 0, 4);
  if (start === '504b0304') return;
  if (start === 'd0cf11e0') {
    // [MS-OFFCRYPTO] 2.3: what is encrypted lies in a stream of this name.
    const isEncrypted = file.includes(Buffer.from('EncryptedPackage', 'utf16le'));
    throw new SourceError(
      isEncrypted ? 'is protected by a password' : 'is a Word document of before 2007: save it as .docx',
    );
  }
  throw new SourceError('is no Word document, whatever its name says');
}

function refuse(error: Error): never {
  if (/main document part/.test(error.message))
    throw new SourceError('is no Word document, whatever its name says');
  throw error;
}

function titleIn(parts: Map<string, Buffer>): string | undefined {
  const properties = parts.get('docProps/core.xml');
  return properties && load(properties, { xml: true })('dc\\:title').first().text();
}
