import type { FileHandle } from 'node:fs/promises';
import { FetchError } from './failure.js';
import { openSpool } from './spool.js';

/** Where the bytes of a body go as they come in. */
export type Keep<Body> = (chunks: AsyncIterable<Buffer>) => Promise<Body>;

export async function inMemory(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const kept: Buffer[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return Buffer.concat(kept);
}

export async function inSpool(chunks: AsyncIterable<Buffer>): Promise<FileHandle> {
  const file = await openSpool();
  try {
    for await (const chunk of chunks) await file.write(chunk);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Passes chunks on, and throws when there are more than `most` bytes of them. */
export async function* counted(body: AsyncIterable<Buffer>, most: number, see: (chunk: Buffer) => void) {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(most);
    see(chunk);
    yield chunk;
  }
}

export function tooLarge(bytes: number): FetchError {
  const megabytes = bytes / 1024 / 1024;
  return new FetchError(`the answer is larger than ${megabytes < 1 ? `${bytes} bytes` : `${megabytes} MB`}`);
}
