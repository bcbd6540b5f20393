import type { IncomingMessage } from 'node:http';

const patience = 30_000;

/**
 * Reads a body of at most `most` bytes. Of a larger one `bytes` is what was read so far and `isWhole` is false; what
 * still comes is dropped. Null when the sender left before the end, or took longer than 30 s.
 */
export function readAtMost(
  req: IncomingMessage,
  most: number,
): Promise<{ bytes: Buffer; isWhole: boolean } | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => req.destroy(), patience);
    const done = (isWhole: boolean) => {
      clearTimeout(timer);
      resolve({ bytes: Buffer.concat(chunks), isWhole });
    };
    req.on('data', (chunk: Buffer) => {
      if (size > most) return;
      size += chunk.length;
      chunks.push(chunk);
      if (size > most) done(false);
    });
    req.on('end', () => done(size <= most));
    req.on('error', () => undefined);
    req.on('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}
