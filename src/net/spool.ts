import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A temporary file that has no name: it is gone when its handle is closed, however the process ends.
 * Close it, and read it with `createReadStream({ start: 0, autoClose: false })`, as often as needed.
 */
export async function openSpool(): Promise<FileHandle> {
  const path = join(tmpdir(), `hookbell-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
