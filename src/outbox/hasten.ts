import type { Knex } from 'knex';

/**
 * The waits of the schedule are over for what a webhook has waiting: it is due, in the order in which it came to be,
 * and the schedule begins anew. Only what a receiver asked more time for with `Retry-After` goes on waiting.
 */
export async function hasten(connection: Knex, webhookId: string, at: number): Promise<void> {
  await connection('deliveries')
    .where({ webhook_id: webhookId })
    .whereRaw("status = 'pending'")
    .whereRaw('next_attempt_at > created_at')
    // PostgreSQL might answer EXISTS by reading all attempts there are; a count has to look up each.
    .whereRaw(
      `NOT (next_attempt_at > ? AND 0 < (SELECT count(*) FROM attempts
         WHERE attempts.delivery_seq = deliveries.seq AND attempts.attempt = deliveries.attempts
           AND (attempts.status = 429 OR attempts.status >= 500)
           AND attempts.response_headers LIKE '%"retry-after":%'))`,
      [at],
    )
    .update({ next_attempt_at: connection.ref('created_at'), step: 0 });
}
