import type { Knex } from 'knex';

/** So many are looked at in one go: not long for the database, however many wait. */
const atOnce = 2_000;

/**
 * Lets deliveries go that wait for one before them although there is none. Nothing that Hookbell does leaves such;
 * this is for what a restored backup or a hand in the tables may have left. Returns their webhooks.
 */
export function strandedDeliveries(db: Knex) {
  /** The last that was looked at. */
  let seen = 0;

  return async (at: number): Promise<string[]> => {
    const waiting = db('deliveries').whereRaw("status = 'pending'").whereNull('next_attempt_at');
    const some: { seq: number }[] = await waiting
      .clone()
      .where('seq', '>', seen)
      .orderBy('seq')
      .limit(atOnce)
      .select('seq');
    const last = Number(some.at(-1)?.seq ?? 0);
    const first = seen;
    seen = some.length < atOnce ? 0 : last;
    if (some.length === 0) return [];
    const free = await waiting
      .clone()
      .where('seq', '>', first)
      .where('seq', '<=', last)
      .whereNotExists(
        db('deliveries as before')
          .whereRaw('before.subject = deliveries.subject AND before.webhook_id = deliveries.webhook_id')
          .whereRaw("before.subject IS NOT NULL AND before.status IN ('pending', 'sending')")
          .whereRaw('before.seq < deliveries.seq')
          .select(db.raw('1')),
      )
      .update({ next_attempt_at: at })
      .returning('webhook_id');
    return [...new Set(free.map((row: { webhook_id: string }) => row.webhook_id))];
  };
}
