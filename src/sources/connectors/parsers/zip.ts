import { crc32, inflateRawSync } from 'node:zlib';
import { SourceError } from '../connector.js';

// APPNOTE.TXT 6.3.10 of PKWARE, 4.3.7 to 4.3.16.
const signature = { file: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 };
const size = { file: 30, entry: 46, end: 22 };

const broken = () => new SourceError('is damaged or incomplete: it may have been cut off on its way');

/**
 * Those files in a ZIP that are wanted, by name. However large they claim to be, no more is unpacked than
 * `mostBytes`, all together.
 */
export function unzipped(
  zip: Buffer,
  isWanted: (name: string) => boolean,
  mostBytes: number,
): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let left = mostBytes;
  for (const { name, method, sum, start, end } of entriesOf(zip)) {
    if (!isWanted(name)) continue;
    const packed = zip.subarray(start, end);
    const bytes = method === 0 ? stored(packed, left) : inflated(packed, left);
    left -= bytes.length;
    if (crc32(bytes) !== sum) throw broken();
    files.set(name, bytes);
  }
  return files;
}

/** A ZIP of files that are not packed. */
export function zipped(files: Iterable<[name: string, bytes: Buffer]>): Buffer {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = Buffer.from(path);
    const described = Buffer.alloc(26);
    // Version 2.0, names in UTF-8, not packed, 1 January 1980.
    described.writeUInt16LE(20, 0);
    described.writeUInt16LE(0x800, 2);
    described.writeUInt16LE(0x21, 8);
    described.writeUInt32LE(crc32(bytes), 10);
    described.writeUInt32LE(bytes.length, 14);
    described.writeUInt32LE(bytes.length, 18);
    described.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    entries.push(uint32(signature.entry), Buffer.from([20, 0]), described, place, name);
    bodies.push(uint32(signature.file), described, name, bytes);
    offset += size.file + name.length + bytes.length;
  }
  const list = Buffer.concat(entries);
  const end = Buffer.alloc(size.end);
  end.writeUInt32LE(signature.end, 0);
  end.writeUInt16LE(bodies.length / 4, 8);
  end.writeUInt16LE(bodies.length / 4, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, list, end]);
}

function* entriesOf(zip: Buffer) {
  const end = zip.lastIndexOf(uint32(signature.end));
  if (end < 0 || end + size.end > zip.length) throw broken();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (at + size.entry > end || zip.readUInt32LE(at) !== signature.entry) throw broken();
    const flags = zip.readUInt16LE(at + 8);
    const method = zip.readUInt16LE(at + 10);
    const sum = zip.readUInt32LE(at + 16);
    const packed = zip.readUInt32LE(at + 20);
    const lengths = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [number, number, number];
    const file = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + size.entry, at + size.entry + lengths[0]);
    if (flags & 1) throw new SourceError('is protected by a password');
    if (method !== 0 && method !== 8) throw new SourceError('is packed in a way that cannot be unpacked');
    if (file + size.file > end || zip.readUInt32LE(file) !== signature.file) throw broken();
    const start = file + size.file + zip.readUInt16LE(file + 26) + zip.readUInt16LE(file + 28);
    if (start + packed > end) throw broken();
    yield { name, method, sum, start, end: start + packed };
    at += size.entry + lengths[0] + lengths[1] + lengths[2];
  }
}

function stored(bytes: Buffer, mostBytes: number): Buffer {
  if (bytes.length > mostBytes) throw tooLarge();
  return bytes;
}

function inflated(packed: Buffer, mostBytes: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, mostBytes) });
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : broken();
  }
}

const tooLarge = () => new SourceError('unpacks to more than one file may: divide it');

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
