import { createHash } from 'node:crypto';
import type { Memo } from './connector.js';

// To be raised when a connector comes to read the same bytes in another way: it makes every source be read again.
const reading = 1;

/** Changes when the config does, so that nothing is taken for unchanged that would now be read differently. */
export function fingerprint(config: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([reading, config]))
    .digest('base64url')
    .slice(0, 16);
}

type Seen = { etag: string | null; lastModified: string | null; digest: string };

/** What is to be remembered of a source that lies in one body. */
export function remember(config: unknown, { etag, lastModified, digest }: Seen): Memo {
  return { config: fingerprint(config), etag, lastModified, digest };
}

/** What was remembered of it, unless it was read with another config. */
export function remembered(config: unknown, memo: Memo | null): Seen | null {
  return memo?.config === fingerprint(config) ? (memo as Seen) : null;
}
