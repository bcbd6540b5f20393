import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chunkSize = 64 * 1024;

/**
 * A temporary file that has no name: it is gone when its handle is closed, however the process ends.
 * Close it, and read it with `chunksOf` as often as needed.
 */
export async function openSpool(): Promise<FileHandle> {
  const path = join(tmpdir(), `hookbell-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

/** The bytes of an open file from an offset on. Unlike a ReadStream that is given up early, it leaves the file open. */
export async function* chunksOf(file: FileHandle, start = 0): AsyncGenerator<Buffer> {
  for (let offset = start; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(chunkSize), 0, chunkSize, offset);
    if (!bytesRead) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}
