import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { Invalid } from '../errors.js';

export const passphrase = z
  .string()
  .min(12, 'At least 12 characters: whoever has the file can try as many as they like')
  .max(1000, 'At most 1,000 characters');

// OWASP's first choice for scrypt: 128 MiB and some tenths of a second a guess. Fixed by the version.
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 * 128 * 8 * 2 ** 17 };
const version = 'v1';

/** `v1.{salt}.{nonce}.{ciphertext}.{tag}`, base64url: scrypt (RFC 7914) and AES-256-GCM. */
export async function sealWith(words: string, text: string): Promise<string> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', await keyFrom(words, salt), nonce);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const parts = [salt, nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
  return [version, ...parts].join('.');
}

/** Throws `Invalid` when the passphrase is another one, or what was sealed was changed. */
export async function openWith(words: string, sealed: string): Promise<string> {
  const [stated, ...parts] = sealed.split('.');
  const [salt, nonce, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (stated !== version || !salt || nonce?.length !== 12 || !ciphertext || tag?.length !== 16)
    throw new Invalid([{ path: 'secrets', message: 'These are no secrets that Hookbell sealed' }]);
  const decipher = createDecipheriv('aes-256-gcm', await keyFrom(words, salt), nonce, { authTagLength: 16 });
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    const message = 'This passphrase does not open the secrets of the file, or they were changed';
    throw new Invalid([{ path: 'passphrase', message }]);
  }
}

function keyFrom(words: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(words.normalize('NFC'), salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
