import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Keeps secrets at rest: AES-256-GCM under a key derived from `SECRET_KEY` (HKDF, RFC 5869). */
export type Vault = {
  /** `v1.{key id}.{nonce}.{ciphertext}.{tag}`, base64url; the key id is there for a later rotation. */
  seal: (text: string) => string;
  /** Throws when the text was sealed under another key or was changed. */
  open: (sealed: string) => string;
  /** A key of its own for a named purpose, as hex. */
  derive: (purpose: string) => string;
};

export function createVault(secretKey: string): Vault {
  const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', secretKey, 'hookbell', purpose, 32));
  const key = derived('secrets at rest');
  const keyId = createHmac('sha256', key).update('key id').digest('base64url').slice(0, 8);

  function seal(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    const parts = [nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
    return ['v1', keyId, ...parts].join('.');
  }

  function open(sealed: string): string {
    const [version, id, nonce = '', ciphertext = '', tag = ''] = sealed.split('.');
    if (version !== 'v1' || id !== keyId) {
      throw new Error(
        'A stored secret was encrypted with another SECRET_KEY; start with the one it was stored under',
      );
    }
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), {
      authTagLength: 16,
    });
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()]).toString(
      'utf8',
    );
  }

  return { seal, open, derive: (purpose) => derived(purpose).toString('hex') };
}

/** The configured key, or the one kept in `DATA_DIR/secret.key` (made with mode 0600 on the first start). */
export function secretKeyFrom(config: { secretKey?: string | undefined; dataDir: string }): string {
  if (config.secretKey) return config.secretKey;
  const file = join(config.dataDir, 'secret.key');
  if (!existsSync(file)) makeKey(file);
  const key = readFileSync(file, 'utf8').trim();
  if (key.length < 16) throw new Error(`${file} holds no key: put back the one from your backup`);
  return key;
}

/** Written beside it and then linked, so that a process that starts at the same time reads all of it. */
function makeKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
