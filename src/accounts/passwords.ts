import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import pLimit from 'p-limit';

/** `ln` is the base-2 logarithm of scrypt's N; `r` and `p` are those of RFC 7914. */
export type Cost = { ln: number; r: number; p: number };

// OWASP's second choice for scrypt (32 MiB). Two at once, so that the threads SQLite uses stay free.
const today: Cost = { ln: 15, r: 8, p: 3 };
const twoAtOnce = pLimit(2);
const written = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/;

function derive(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: 2 * 128 * r * 2 ** ln };
  return twoAtOnce(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(password.normalize('NFC'), salt, 32, options, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      }),
  );
}

/** `$scrypt$ln=15,r=8,p=3$salt$key` (the PHC string format), so that a later cost leaves older hashes valid. */
export async function hashPassword(password: string, cost = today): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  const settings = `ln=${cost.ln},r=${cost.r},p=${cost.p}`;
  return `$scrypt$${settings}$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** Takes as long for a user that does not exist (`hash` null) as for a wrong password. */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  const [, ln, r, p, salt = '', key = ''] = written.exec(hash ?? '') ?? [];
  const cost = ln ? { ln: Number(ln), r: Number(r), p: Number(p) } : today;
  const derived = await derive(password, Buffer.from(salt, 'base64'), cost);
  const expected = Buffer.from(key, 'base64');
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}
