import { createHmac, timingSafeEqual } from 'node:crypto';

const tolerance = 5 * 60_000;

/** What Slack sends as `X-Slack-Signature`; the timestamp is in unix seconds (docs.slack.dev: verifying requests). */
export const signatureOf = (secret: string, timestamp: string, body: Buffer | string) =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

/** Whether it is Slack's, and not older than five minutes. Compares in constant time. */
export function isFromSlack(
  secret: string,
  { timestamp, signature }: { timestamp: string; signature: string },
  body: Buffer,
  at: number,
): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(at - Number(timestamp) * 1000) > tolerance) return false;
  const [given, expected] = [Buffer.from(signature), Buffer.from(signatureOf(secret, timestamp, body))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
