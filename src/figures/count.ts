import type { Knex } from 'knex';
import type { Settlement } from '../outbox/settle.js';
import { records } from '../records.js';
import { bucketOf } from './histogram.js';
import { hour, spans, startOf } from './range.js';

/** `retried`: it failed and is tried again. `failed`: it was the last one. */
export type Counted = 'delivered' | 'retried' | 'failed';

export const countedAs = ({ status }: Settlement['next']): Counted =>
  status === 'pending' ? 'retried' : status;

const made = {
  seq: 'bigint',
  lease_token: 'text',
  hour: 'bigint',
  outcome: 'text',
  bucket: 'integer',
} as const;

const widths = spans.map((span) => `SELECT ${span} AS span`).join(' UNION ALL ');

/**
 * Counts attempts in one statement however many they are, in the transaction that settles them and before it does:
 * one whose lease was lost is neither recorded nor counted.
 */
export async function countAttempts(tx: Knex, settlements: Settlement[]): Promise<void> {
  const rows = settlements.flatMap(({ claimed, attempt, next }) =>
    attempt
      ? [
          {
            seq: claimed.seq,
            lease_token: claimed.leaseToken,
            hour: startOf(attempt.startedAt + attempt.durationMs, hour),
            outcome: countedAs(next),
            bucket: bucketOf(attempt.durationMs),
          },
        ]
      : [],
  );
  if (rows.length === 0) return;
  await tx.raw(
    `INSERT INTO delivery_figures (webhook_id, span, since, outcome, bucket, attempts)
     SELECT webhook_id, span, hour - hour % span, outcome, bucket, sum(attempts)
     FROM (
       SELECT deliveries.webhook_id, made.hour, made.outcome, made.bucket, count(*) AS attempts
       FROM ${records(tx, 'made', made)}
       JOIN deliveries ON deliveries.seq = made.seq AND deliveries.lease_token = made.lease_token
       WHERE deliveries.status = 'sending'
       GROUP BY 1, 2, 3, 4) AS counted
     CROSS JOIN (${widths}) AS width
     GROUP BY 1, 2, 3, 4, 5
     ON CONFLICT (webhook_id, span, since, outcome, bucket)
       DO UPDATE SET attempts = delivery_figures.attempts + excluded.attempts`,
    [JSON.stringify(rows)],
  );
}
