import { open, readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { decode } from './charset.js';
import { type Item, SourceError, type Surroundings, type UploadedFile } from './connector.js';
import { csvItems } from './csvLines.js';
import { endings } from './files.js';
import { itemsOf, parseJson } from './jsonItems.js';
import { type Apart, apart, type Format } from './parsers/apart.js';
import { pageFrom } from './website/page.js';

type Expect = (total: number) => void;
type Reader = (file: UploadedFile, expect: Expect, parsers: Apart) => AsyncIterable<Item>;

const readers: Record<(typeof endings)[number], Reader> = {
  '.txt': readText,
  '.md': readText,
  '.markdown': readText,
  '.html': readHtml,
  '.htm': readHtml,
  '.pdf': readApart('pdf'),
  '.docx': readApart('docx'),
  '.csv': readCsv,
  '.tsv': readCsv,
  '.json': readJson,
};

export async function* read(_config: object, { files, expect, signal }: Surroundings): AsyncGenerator<Item> {
  if (!files.length) throw new SourceError('no file has been uploaded');
  const parsers = apart(undefined, signal);
  try {
    let before = 0;
    for (const [index, file] of files.entries()) {
      let inThis = 1;
      const later = files.length - index - 1;
      const told = (total: number) => {
        inThis = total;
        expect(before + total + later);
      };
      const ending = endings.find((known) => known === extname(file.name).toLowerCase());
      yield* (ending ? readers[ending] : cannotRead)(file, told, parsers);
      before += inThis;
      expect(before + later);
    }
  } finally {
    await parsers.end();
  }
}

async function* readText(file: UploadedFile): AsyncGenerator<Item> {
  yield fileRow(file, basename(file.name), decode(await readFile(file.path)).trim());
}

async function* readHtml(file: UploadedFile): AsyncGenerator<Item> {
  const body = await readFile(file.path);
  try {
    const { title, text } = pageFrom(body, { url: 'file:///' });
    yield fileRow(file, title || basename(file.name), text);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    yield { kind: 'failed', key: file.name, reason: `“${file.name}”: ${error.message}` };
  }
}

function readApart(format: Format): Reader {
  return async function* (file, _expect, parsers) {
    const outcome = await parsers.read(file.path, format);
    if (outcome.kind === 'read') yield fileRow(file, outcome.title ?? basename(file.name), outcome.text);
    else yield { kind: 'failed', key: file.name, reason: `“${file.name}” ${outcome.reason}` };
  };
}

async function* readCsv({ path, name }: UploadedFile, expect: Expect): AsyncGenerator<Item> {
  const file = await open(path);
  try {
    yield* csvItems(file, { name }, expect);
  } finally {
    await file.close();
  }
}

// Its items are known by their content: were the file reported as failed, they would all be taken for gone.
async function* readJson({ path, name }: UploadedFile, expect: Expect): AsyncGenerator<Item> {
  const items = [...itemsOf(parseJson(await readFile(path), null, `“${name}”`), {})];
  expect(items.length);
  yield* items;
}

async function* cannotRead({ name }: UploadedFile): AsyncGenerator<Item> {
  const reason = `“${name}” is of a kind that cannot be read; these can: ${endings.join(' ')}`;
  yield { kind: 'failed', key: name, reason };
}

function fileRow({ name }: UploadedFile, title: string, text: string): Item {
  if (!text) return { kind: 'failed', key: name, reason: `“${name}” has no text in it` };
  return { kind: 'row', row: { key: name, title, text, url: null } };
}
