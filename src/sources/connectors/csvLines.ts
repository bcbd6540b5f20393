import { type FileHandle, open } from 'node:fs/promises';
import { chunksOf } from '../../net/spool.js';
import { asUtf8 } from './charset.js';
import { type Item, SourceError, type Surroundings } from './connector.js';
import type { Config } from './csv.js';
import { delimiterOf, recordsOf } from './csvRecords.js';
import { type Field, rowOf } from './fields.js';
import { remember, remembered } from './memory.js';

export const read = (config: Config, around: Surroundings) =>
  config.url ? readUrl(config, config.url, around) : readUploads(config, around);

async function* readUrl(config: Config, url: string, around: Surroundings): AsyncGenerator<Item> {
  const before = remembered(config, around.memo);
  const answer = await around.fetch.download(url, { validators: before ?? {}, signal: around.signal });
  if (answer.kind !== 'answer') return yield { kind: 'all-same' };
  try {
    if (answer.digest === before?.digest) return yield { kind: 'all-same' };
    if (answer.type === 'text/html')
      throw new SourceError('the address answers with a web page, not with CSV');
    let failed = false;
    const reading = { ...config, charset: answer.charset, remark: around.remark };
    for await (const item of csvItems(answer.body, reading, around.expect)) {
      failed ||= item.kind === 'failed';
      yield item;
    }
    // Lines that failed are to be told of again: then nothing is remembered, and the source is read again.
    if (!failed) yield { kind: 'memo', memo: remember(config, answer) };
  } finally {
    await answer.body.close();
  }
}

async function* readUploads(config: Config, { files, expect, remark }: Surroundings): AsyncGenerator<Item> {
  if (!files.length) throw new SourceError('there is neither a URL nor an uploaded file to read');
  let before = 0;
  for (const { path, name } of files) {
    const file = await open(path);
    let inThis = 0;
    try {
      yield* csvItems(file, { ...config, name, remark }, (total) => {
        inThis = total;
        expect(before + total);
      });
    } finally {
      await file.close();
    }
    before += inThis;
  }
}

type Reading = { keyColumn?: string; delimiter?: string; charset?: string | null; name?: string } & Pick<
  Surroundings,
  'remark'
>;

/**
 * The lines of a CSV file in any charset, however large it is. Short and long lines are taken as they are.
 * Lines are numbered as a spreadsheet does, the header being line 1.
 */
export async function* csvItems(
  given: FileHandle,
  { keyColumn, delimiter, charset = null, name, remark }: Reading,
  expect: (total: number) => void,
): AsyncGenerator<Item> {
  const { file, start } = await asUtf8(given, charset);
  try {
    const records = recordsOf(file, start, delimiter ?? (await delimiterOf(file, start)));
    const header = (await records.next()).value?.map((column: string) => column.trim());
    if (!header) throw new SourceError(`${name ? `“${name}”` : 'the file'} is empty`);
    if (header.length === 1) remark?.(`There is only one column, “${header[0]}”: is the delimiter right?`);
    const key = keyColumn === undefined ? null : columnNamed(keyColumn, header);
    expect(Math.max(0, (await linesIn(file)) - 1));
    let line = 1;
    for await (const record of records) {
      line++;
      const row = rowOf(fieldsOf(header, record), key === null ? {} : { key: record[key]?.trim() });
      if (row && key !== null && !row.key)
        yield { kind: 'failed', key: `line ${line}`, reason: `line ${line} has nothing in “${header[key]}”` };
      else if (row) yield { kind: 'row', row };
    }
    expect(line - 1);
  } finally {
    if (file !== given) await file.close();
  }
}

function columnNamed(name: string, header: string[]): number {
  const exact = header.indexOf(name);
  const found = exact >= 0 ? exact : header.findIndex((own) => own.toLowerCase() === name.toLowerCase());
  if (found < 0)
    throw new SourceError(`there is no column “${name}”; the columns are: ${header.slice(0, 50).join(', ')}`);
  return found;
}

function fieldsOf(header: string[], record: string[]): Field[] {
  return record.map((value, at) => [header[at] || `Column ${at + 1}`, value]);
}

/** As good a guess at the number of records as can be had at once: values may have line breaks in them. */
async function linesIn(file: FileHandle): Promise<number> {
  let lines = 0;
  let last = 0x0a;
  for await (const chunk of chunksOf(file)) {
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++;
    last = chunk[chunk.length - 1]!;
  }
  return last === 0x0a ? lines : lines + 1;
}
