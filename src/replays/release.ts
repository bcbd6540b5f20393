import type { Knex } from 'knex';
import { holdLines } from '../outbox/order.js';
import { type Selection, statusesOf } from './selection.js';

/**
 * Puts these deliveries back on the schedule, from its start, with the ids they have. Those of one subject keep their
 * order: only the first in line has a next attempt, as in outbox/order.ts. Returns how many; a delivery that was
 * removed or sent again since it was picked is none of them.
 */
export async function release(
  tx: Knex,
  { webhookId, status, asOf, inOrder }: Selection & { inOrder: boolean },
  seqs: number[],
  at: number,
): Promise<number> {
  if (seqs.length === 0) return 0;
  const atOnce = inOrder ? tx.raw('CASE WHEN subject IS NULL THEN CAST(? AS bigint) END', [at]) : at;
  const released: { subject: string | null }[] = await tx('deliveries')
    .whereIn('seq', seqs)
    .whereIn('status', statusesOf(status))
    .where('finished_at', '<=', asOf)
    .update({ status: 'pending', step: 0, next_attempt_at: atOnce, finished_at: null })
    .returning('subject');
  const subjects = [...new Set(released.flatMap(({ subject }) => subject ?? []))];
  if (inOrder && subjects.length > 0) await letFirstGo(tx, webhookId, subjects, at);
  return released.length;
}

async function letFirstGo(tx: Knex, webhookId: string, subjects: string[], at: number): Promise<void> {
  await holdLines(tx, webhookId, subjects);
  const firstInLine = tx('deliveries')
    .where({ webhook_id: webhookId })
    .whereIn('subject', subjects)
    .whereRaw("subject IS NOT NULL AND status IN ('pending', 'sending')")
    .groupBy('subject')
    .min('seq');
  await tx('deliveries')
    .whereNull('next_attempt_at')
    .whereRaw("status = 'pending'")
    .whereIn('seq', firstInLine)
    .update({ next_attempt_at: at });
}
