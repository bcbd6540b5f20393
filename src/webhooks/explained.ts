import { sign, signedText } from '../delivery/sign.js';
import type { Delivery, RecordedAttempt } from '../outbox/store.js';
import { curlOf, opensslOf, type Revealed } from './shell.js';

/**
 * How the signatures of an attempt came about, and the request as a command. `current`: the signing secret of now,
 * which may not be the one that signed then.
 */
export function explained(
  delivery: Pick<Delivery, 'id' | 'body'>,
  attempt: RecordedAttempt,
  current: string,
  revealed: Revealed | null,
) {
  const { requestHeaders } = attempt;
  const timestamp = requestHeaders['webhook-timestamp']!;
  const [now] = sign([current], delivery.id, Number(timestamp), delivery.body).split(' ');
  const signatures = requestHeaders['webhook-signature']!.split(' ');
  return {
    attempt: attempt.attempt,
    id: delivery.id,
    timestamp,
    signedAt: Number(timestamp) * 1000,
    bytes: Buffer.byteLength(delivery.body),
    signed: signedText(delivery.id, timestamp, delivery.body),
    signatures: signatures.map((value) => ({ value, byCurrent: value === now })),
    keyBytes: Buffer.from(current.replace(/^whsec_/, ''), 'base64').length,
    curl: curlOf(attempt, delivery.body, revealed),
    openssl: opensslOf(delivery.id, timestamp, delivery.body, revealed?.signingSecret ?? null),
    revealed,
  };
}
