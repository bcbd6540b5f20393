import { gunzipSync, gzipSync } from 'node:zlib';
import { Conflict } from '../errors.js';
import type { Vault } from '../vault.js';
import type { Opened } from './take.js';

/** What was looked at and waits for a yes, in the page itself: sealed, since secrets are in it. */
export type Looked = { opened: Opened; digest: string; userId: string; at: number };

const purpose = 'configuration to import';
const anHour = 3_600_000;

export const sealed = (vault: Vault, looked: Looked): string =>
  vault.seal(gzipSync(JSON.stringify({ purpose, ...looked })).toString('base64'));

/** Throws `Conflict` for what is not ours, is somebody else's, or is older than an hour. */
export function unsealed(vault: Vault, text: string, userId: string, at: number): Looked {
  const looked = read(vault, text);
  if (looked?.purpose !== purpose || looked.userId !== userId || at - looked.at > anHour)
    throw new Conflict('This page is out of date: choose the file once more');
  return looked;
}

function read(vault: Vault, text: string): (Looked & { purpose: string }) | null {
  try {
    return JSON.parse(gunzipSync(Buffer.from(vault.open(text), 'base64')).toString('utf8'));
  } catch {
    // Whatever it is, it was not sealed here.
    return null;
  }
}
