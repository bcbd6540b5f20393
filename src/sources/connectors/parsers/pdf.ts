import type { PDFDocumentProxy } from 'pdfjs-dist';
import { SourceError } from '../connector.js';
import { type Line, linesOf } from './lines.js';
import { inParagraphs } from './paragraphs.js';
import { loadPdfjs, readingOnly } from './pdfjs.js';
import { headingOf, titleFrom } from './titles.js';

const mostPages = 2_000;
/** What was read of fonts is kept from page to page, but not for ever. */
const pagesBetweenCleanups = 100;

const pdfjs = await loadPdfjs();

/** The text of a PDF, its pages one after the other. Throws `SourceError` with words that go on after its name. */
export async function pdfText(
  file: Buffer,
  mostCharacters: number,
): Promise<{ title: string | null; text: string }> {
  requireWhole(file);
  const data = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const opening = pdfjs.getDocument({ ...readingOnly, data });
  try {
    const pdf = await opening.promise.catch(refuse);
    const lines = await linesIn(pdf, mostCharacters);
    if (lines.length === 0) throw new SourceError(await whyEmpty(pdf));
    return { title: titleFrom(await titlesOf(pdf)) ?? headingOf(lines), text: inParagraphs(lines) };
  } finally {
    await opening.destroy();
  }
}

/** pdfjs makes the best of what is cut off; but then nobody would learn that the rest is missing. */
function requireWhole(file: Buffer): void {
  if (file.length === 0) throw new SourceError('is empty');
  if (file.subarray(0, 1024).indexOf('%PDF-') < 0) throw new SourceError('is no PDF, whatever its name says');
  const end = file.lastIndexOf('startxref');
  // After an end that is not the last one (a file may be written in parts), objects follow.
  if (end < 0 || /\d obj\b/.test(file.toString('latin1', end, end + 64 * 1024)))
    throw new SourceError('is incomplete, its end is missing: it may have been cut off on its way');
}

function refuse(error: Error): never {
  if (error.name === 'PasswordException') throw new SourceError('is protected by a password');
  if (/encrypt|crypt filter|crypto method/i.test(error.message))
    throw new SourceError('is encrypted in a way that only certain programs can read');
  throw error;
}

async function linesIn(pdf: PDFDocumentProxy, mostCharacters: number): Promise<Line[]> {
  if (pdf.numPages > mostPages)
    throw new SourceError(
      `has ${count(pdf.numPages)} pages; at most ${count(mostPages)} can be read: divide it`,
    );
  const lines: Line[] = [];
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    for (const line of linesOf(items, number)) {
      lines.push(line);
      characters += line.text.length;
    }
    if (characters > mostCharacters)
      throw new SourceError(`has more than ${count(mostCharacters)} characters of text: divide it`);
    page.cleanup();
    if (number % pagesBetweenCleanups === 0) await pdf.cleanup();
  }
  return lines;
}

async function titlesOf(pdf: PDFDocumentProxy): Promise<unknown[]> {
  const { info, metadata } = await pdf.getMetadata();
  return [(info as { Title?: unknown }).Title, metadata?.get('dc:title')];
}

async function whyEmpty(pdf: PDFDocumentProxy): Promise<string> {
  const { info } = await pdf.getMetadata();
  if ((info as { IsXFAPresent?: boolean }).IsXFAPresent)
    return 'is a form that only Adobe’s programs can show';
  return 'has no text in it, only pictures: if it was scanned, have its text recognised (OCR) first';
}

const count = (number: number) => number.toLocaleString('en');
