import type { Knex } from 'knex';

const step = 500;

/**
 * Removes, in one small step, what was finished before `until` (ms) and what belonged to webhooks that are gone.
 * True while there may be more.
 */
export async function pruneOutbox(db: Knex, until: number): Promise<boolean> {
  const finished = db('deliveries')
    .where('finished_at', '<', until)
    .orderBy('finished_at')
    .limit(step)
    .select('seq');
  const orphaned = db('deliveries')
    .whereIn('webhook_id', db('webhooks').whereNotNull('deleted_at').select('id'))
    .limit(step)
    .select('seq');
  const told = db('events')
    .where('created_at', '<', until)
    .whereNotExists(db('deliveries').whereRaw('deliveries.event_seq = events.seq').select(db.raw('1')))
    .limit(step)
    .select('seq');
  const removed = [
    await db('deliveries').whereIn('seq', finished).delete(),
    await db('deliveries').whereIn('seq', orphaned).delete(),
    await db('events').whereIn('seq', told).delete(),
  ];
  await db('webhooks')
    .whereNotNull('deleted_at')
    .whereNotExists(db('deliveries').whereRaw('deliveries.webhook_id = webhooks.id').select(db.raw('1')))
    .delete();
  return removed.some((count) => count === step);
}
