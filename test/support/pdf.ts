import { deflateSync } from 'node:zlib';

/** An object of a PDF: its dictionary, or one and a stream. */
export type PdfObject = string | { dictionary: string; stream: Buffer };

/** A PDF of these objects, numbered from 1; the first is the catalogue. */
export function pdfOf(objects: PdfObject[], info = ''): Buffer {
  const all = [...objects, `<< ${info} >>`];
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  for (const [index, object] of all.entries()) {
    offsets.push(length);
    const body =
      typeof object === 'string'
        ? [Buffer.from(object)]
        : [
            Buffer.from(`<< ${object.dictionary} /Length ${object.stream.length} >>\nstream\n`),
            object.stream,
            Buffer.from('\nendstream'),
          ];
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), ...body, Buffer.from('\nendobj\n')]);
    parts.push(whole);
    length += whole.length;
  }
  const places = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = all.length + 1;
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${places}` +
        `trailer\n<< /Size ${size} /Root 1 0 R /Info ${all.length} 0 R >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

type Page = { contents: Buffer | string; filter?: string };
type Form = { info?: string; font?: string; more?: PdfObject[] };

/** A PDF of one page, or of `count` that are all alike; `/F1` is Helvetica. Objects of `more` start at 6. */
export function pdfPage({ contents, filter }: Page, { info, font, more = [] }: Form = {}, count = 1): Buffer {
  const page =
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>';
  const copies = new Array<string>(count - 1).fill(page);
  return pdfOf(
    [
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Kids [3 0 R ${copies.map((_, n) => `${6 + more.length + n} 0 R`).join(' ')}] /Count ${count} >>`,
      page,
      { dictionary: filter ? `/Filter ${filter}` : '', stream: Buffer.from(contents) },
      font ?? '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
      ...more,
      ...copies,
    ],
    info,
  );
}

/** What writes lines to a page: where each begins, from the left and from below, and its size. */
export function written(lines: [text: string, x: number, y: number, size?: number][]): string {
  const shown = lines.map(
    ([text, x, y, size = 11]) =>
      `/F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text.replace(/[\\()]/g, '\\$&')}) Tj`,
  );
  return `BT ${shown.join('\n')} ET`;
}

/** Bytes as `/FlateDecode` has them. */
export const flate = (bytes: Buffer): Buffer => deflateSync(bytes);
