import { createHash, randomBytes } from 'node:crypto';

/** 32 random bytes: 43 characters of base64url. */
export const newToken = () => randomBytes(32).toString('base64url');

/** What a receiver is found by. */
export const tokenHash = (token: string) => createHash('sha256').update(token).digest('hex');

export const isToken = (text: string) => /^[A-Za-z0-9_-]{43}$/.test(text);

export const receiverUrl = (publicUrl: string, token: string) => `${publicUrl}/inbox/${token}`;

/**
 * The token of a URL that is a test receiver's of the server at `publicUrl`, and nothing but that: its origin,
 * `/inbox/{token}`, no user, query or fragment. Null for every other URL. Judged after parsing, so that what is
 * recognised is what is requested.
 */
export function tokenOf(publicUrl: string, address: string | URL): string | null {
  if (!URL.canParse(String(address))) return null;
  const url = new URL(address);
  const token = url.pathname.slice('/inbox/'.length);
  if (!isToken(token)) return null;
  return url.href === `${new URL(publicUrl).origin}/inbox/${token}` ? token : null;
}
