import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CsvError, type Options, parse } from 'csv-parse';
import { parse as parseAtOnce } from 'csv-parse/sync';
import { chunksOf } from '../../net/spool.js';
import { SourceError } from './connector.js';

const longestRecord = 4 * 1024 * 1024;
const mostBroken = 10_000;

const tolerant = (delimiter: string): Options => ({
  delimiter,
  relax_quotes: true,
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: longestRecord,
});

type Parsed = { record: string[]; info: { bytes: number } };

/**
 * The records of a CSV file in UTF-8, from an offset on, one at a time and however large the file is. A
 * quote that is opened and never closed would swallow the lines after it: such a line is read alone, the
 * quote taken for a character, and reading goes on with the next line.
 */
export async function* recordsOf(
  file: FileHandle,
  start: number,
  delimiter: string,
): AsyncGenerator<string[]> {
  const { size } = await file.stat();
  let offset = start;
  for (let broken = 0; offset < size; broken++) {
    if (broken > mostBroken)
      throw new SourceError(`more than ${mostBroken} lines open a quote that is never closed`);
    const good = yield* recordsUntilBroken(file, offset, delimiter);
    if (good === null) return;
    const line = await lineAt(file, good);
    yield* parseAtOnce(line.text, { ...tolerant(delimiter), quote: null }) as string[][];
    offset = line.end;
  }
}

/** The first of the delimiters under which the first lines have the same number of columns, more than one. */
export async function delimiterOf(file: FileHandle, start: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, start);
  const sample = buffer.subarray(0, bytesRead).toString();
  let best = { delimiter: ',', alike: 0 };
  for (const delimiter of [',', ';', '\t', '|']) {
    // What is cut off at the end of the sample is an error, which is skipped.
    const options = { ...tolerant(delimiter), to: 20, skip_records_with_error: true };
    const records = parseAtOnce(sample, options) as string[][];
    const columns = records[0]?.length ?? 0;
    const alike = columns > 1 ? records.filter(({ length }) => length === columns).length : 0;
    if (alike > best.alike) best = { delimiter, alike };
  }
  return best.delimiter;
}

/** Yields records; returns the offset of a record that is broken, or null when the file ended well. */
async function* recordsUntilBroken(file: FileHandle, start: number, delimiter: string) {
  let good = start;
  const bytes = Readable.from(chunksOf(file, start));
  const parser = bytes.pipe(parse({ ...tolerant(delimiter), info: true }));
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const end = start + info.bytes;
      if (record.some(swallowedLines) && !(await isWellQuoted(file, good, end, delimiter))) return good;
      yield record;
      good = end;
    }
    return null;
  } catch (error) {
    if (error instanceof CsvError) return good;
    throw error;
  } finally {
    bytes.destroy();
  }
}

/** A quote left in front of a value of several lines: either it was closed too late, or it belongs to the value. */
function swallowedLines(value: string): boolean {
  return value.startsWith('"') && value.includes('\n');
}

async function isWellQuoted(file: FileHandle, from: number, to: number, delimiter: string): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
  try {
    return parseAtOnce(buffer, { ...tolerant(delimiter), relax_quotes: false }).length === 1;
  } catch (error) {
    if (error instanceof CsvError) return false;
    throw error;
  }
}

/** The first line that is not empty from an offset on, and where the next one starts. */
async function lineAt(file: FileHandle, start: number): Promise<{ text: string; end: number }> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of chunksOf(file, start)) {
    bytes = Buffer.concat([bytes, chunk]);
    const from = bytes.findIndex((byte) => !isLineBreak(byte));
    const to = bytes.findIndex((byte, index) => from >= 0 && index > from && isLineBreak(byte));
    if (to >= 0) return { text: bytes.subarray(from, to).toString(), end: start + to };
    if (bytes.length > longestRecord) break;
  }
  return { text: bytes.toString(), end: start + bytes.length };
}

function isLineBreak(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}
