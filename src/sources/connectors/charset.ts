import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import chardet from 'chardet';
import iconv from 'iconv-lite';
import { chunksOf, openSpool } from '../../net/spool.js';

const sampleSize = 64 * 1024;

/** Decodes text of any charset; `declared` is what came with it, e.g. in Content-Type, and may be wrong. */
export function decode(bytes: Buffer, declared: string | null = null): string {
  const charset = markOf(bytes) ?? (isPlainUtf8(bytes) ? 'utf-8' : guess(bytes, declared));
  return iconv.decode(bytes, charset);
}

/**
 * The same text as UTF-8 without a byte order mark: a file and where in it the text starts.
 * If that is another file than the one given, it is a spool for the caller to close.
 */
export async function asUtf8(file: FileHandle, declared: string | null = null) {
  const start = Buffer.alloc(4);
  await file.read(start, 0, 4, 0);
  const mark = markOf(start);
  if (mark === 'utf-8') return { file, start: 3 };
  const odd = mark ? null : await firstChunkThatIsNotUtf8(file);
  if (!mark && !odd) return { file, start: 0 };
  return { file: await transcoded(file, mark ?? guess(odd!, declared)), start: 0 };
}

function markOf(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return null;
}

// UTF-16 without a mark and ISO-2022 are valid UTF-8 too, but full of NUL or ESC, which no text has.
function isPlainUtf8(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0x00) && !bytes.includes(0x1b);
}

function guess(bytes: Buffer, declared: string | null): string {
  const told = labelled(declared);
  return (
    unmarkedUtf16(bytes) ??
    (told === 'utf-8' ? null : told) ??
    labelled(detected(bytes.subarray(0, sampleSize))) ??
    'windows-1252'
  );
}

function detected(sample: Buffer): string | null {
  const [best] = chardet.analyse(sample);
  if (!best) return null;
  // Ten is what chardet gives whatever has too few characters to tell; a few among Latin letters are accented ones.
  const isAnyones = best.confidence <= 10 && sample.filter((byte) => byte >= 0x80).length < sample.length / 2;
  return isAnyones ? null : best.name;
}

/** What a charset's name means on the web, where ISO-8859-1 is windows-1252 (WHATWG Encoding). */
function labelled(name: string | null): string | null {
  try {
    const { encoding } = new TextDecoder(name ?? 'none');
    return iconv.encodingExists(encoding) ? encoding : null;
  } catch {
    return null;
  }
}

function unmarkedUtf16(bytes: Buffer): string | null {
  const sample = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2]!++;
  const many = sample.length / 8;
  if (zeros[1]! > many && zeros[0]! < many / 8) return 'utf-16le';
  if (zeros[0]! > many && zeros[1]! < many / 8) return 'utf-16be';
  return null;
}

async function firstChunkThatIsNotUtf8(file: FileHandle): Promise<Buffer | null> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    // Together with the character that was cut in two, if one was.
    bytes = Buffer.concat([bytes.subarray(bytes.length - cutOff(bytes)), chunk]);
    if (!isPlainUtf8(bytes.subarray(0, bytes.length - cutOff(bytes)))) return bytes;
  }
  return cutOff(bytes) ? bytes : null;
}

/** How many bytes at the end are the beginning of a character of which the rest is to come. */
function cutOff(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

async function transcoded(file: FileHandle, charset: string): Promise<FileHandle> {
  const spool = await openSpool();
  const decoder = iconv.getDecoder(charset);
  for await (const chunk of chunksOf(file)) await spool.writeFile(decoder.write(chunk));
  await spool.writeFile(decoder.end() ?? '');
  return spool;
}
