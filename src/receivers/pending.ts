import type { Knex } from 'knex';

/** By `webhook-id`, when a delivery is tried next; those that are not waiting are left out. */
export async function nextAttempts(connection: Knex, messageIds: string[]): Promise<Map<string, number>> {
  if (messageIds.length === 0) return new Map();
  const rows = await connection('deliveries')
    .whereIn('id', messageIds)
    .where('status', 'pending')
    .select('id', 'next_attempt_at');
  return new Map(
    rows.map((row: { id: string; next_attempt_at: number | string }) => [
      row.id,
      Number(row.next_attempt_at),
    ]),
  );
}
