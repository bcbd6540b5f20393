import { createHmac, randomBytes } from 'node:crypto';

/** A signing secret: `whsec_` and 32 random bytes, base64 (Standard Webhooks 1.0). */
export const newSigningSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/** What is signed; `timestamp` in unix seconds. */
export const signedText = (id: string, timestamp: number | string, body: string) =>
  `${id}.${timestamp}.${body}`;

/**
 * Standard Webhooks 1.0: `v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`, one a secret,
 * separated by spaces. The timestamp is in unix seconds.
 */
export function sign(secrets: string[], id: string, timestamp: number, body: string): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
      return `v1,${createHmac('sha256', key)
        .update(signedText(id, timestamp, body))
        .digest('base64')}`;
    })
    .join(' ');
}
