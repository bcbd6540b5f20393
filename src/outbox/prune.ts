import type { Knex } from 'knex';

export type OutboxPruner = ReturnType<typeof outboxPruner>;

/** Removes, in small steps, what is over and told, and what belonged to webhooks that are gone. */
export function outboxPruner(db: Knex) {
  /** Every event up to here was looked at. One that had deliveries then goes together with the last of them. */
  let seen = 0;

  /** At most `most` deliveries with their attempts, and the events before `until` (ms) that nothing tells of any more. */
  async function removeDeliveries(
    among: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
    until: number,
    most: number,
  ): Promise<number> {
    return db.transaction(async (tx) => {
      const some: { seq: number; event_seq: number }[] = await among(tx('deliveries'))
        .limit(most)
        .select('seq', 'event_seq');
      if (some.length === 0) return 0;
      const pick = (column: 'seq' | 'event_seq') => [...new Set(some.map((row) => Number(row[column])))];
      await among(tx('deliveries').whereIn('seq', pick('seq'))).delete();
      await withoutDeliveries(tx, pick('event_seq')).where('created_at', '<', until).delete();
      return some.length;
    });
  }

  /** Of the next `most` events before `until`, those that nobody heard. Returns how many were looked at. */
  async function removeUnheard(until: number, most: number): Promise<number> {
    const next = await db('events')
      .where('seq', '>', seen)
      .orderBy('seq')
      .limit(most)
      .select('seq', 'created_at');
    const young = next.findIndex((event) => Number(event.created_at) >= until);
    const old = (young < 0 ? next : next.slice(0, young)).map((event) => Number(event.seq));
    if (old.length > 0) await withoutDeliveries(db, old).delete();
    seen = old.at(-1) ?? seen;
    return old.length;
  }

  return {
    /** One step of what was finished before `until` (ms). True while there may be more. */
    async step(until: number, most: number): Promise<boolean> {
      const steps = [
        await removeDeliveries((query) => query.where('finished_at', '<', until), until, most),
        await removeDeliveries((query) => query.whereIn('webhook_id', goneWebhooks(db)), until, most),
        await removeUnheard(until, most),
      ];
      await goneWebhooks(db)
        .whereNotExists(db('deliveries').whereRaw('deliveries.webhook_id = webhooks.id').select(db.raw('1')))
        .delete();
      return steps.some((count) => count === most);
    },

    /** When (ms) the oldest `most` of the finished deliveries were over; null when none is finished. */
    async oldest(most: number): Promise<number | null> {
      const rows = await db('deliveries')
        .whereNotNull('finished_at')
        .orderBy('finished_at')
        .limit(most)
        .select('finished_at');
      return rows.length > 0 ? Number(rows.at(-1).finished_at) : null;
    },
  };
}

const goneWebhooks = (connection: Knex) => connection('webhooks').whereNotNull('deleted_at').select('id');

const withoutDeliveries = (connection: Knex, events: number[]) =>
  connection('events')
    .whereIn('seq', events)
    .whereNotExists(
      connection('deliveries').whereRaw('deliveries.event_seq = events.seq').select(connection.raw('1')),
    );
