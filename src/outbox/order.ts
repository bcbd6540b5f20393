import type { Knex } from 'knex';

/**
 * Deliveries of one subject (a conversation) reach a webhook in order: while one is on its schedule, those after it
 * have no next attempt; when it has ended, the next in line gets one.
 */
export async function webhooksBusyWith(connection: Knex, subject: string): Promise<Set<string>> {
  const rows = await connection('deliveries')
    .where({ subject })
    .whereRaw("subject IS NOT NULL AND status IN ('pending', 'sending')")
    .distinct('webhook_id');
  return new Set(rows.map((row: { webhook_id: string }) => row.webhook_id));
}

/** Lets the next delivery of the subject to the webhook go. */
export async function letNextGo(
  connection: Knex,
  webhookId: string,
  subject: string,
  at: number,
): Promise<void> {
  await connection('deliveries')
    .whereNull('next_attempt_at')
    .whereRaw("status = 'pending'")
    .where(
      'seq',
      connection('deliveries')
        .where({ subject, webhook_id: webhookId })
        .whereRaw("subject IS NOT NULL AND status IN ('pending', 'sending')")
        .min('seq'),
    )
    .update({ next_attempt_at: at });
}

/** Lets all deliveries of a webhook go that wait for one before them: their order does not count any more. */
export async function letAllGo(connection: Knex, webhookId: string, at: number): Promise<void> {
  await connection('deliveries')
    .where({ webhook_id: webhookId })
    .whereNull('next_attempt_at')
    .whereRaw("status = 'pending'")
    .update({ next_attempt_at: at });
}
