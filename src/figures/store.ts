import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import type { Counted } from './count.js';

/** One webhook's, or those of all the webhooks that somebody may see. */
export type Whose = { webhookId: string } | { actor: Actor };

export type CountedAttempts = { since: number; outcome: Counted; bucket: number; attempts: number };

/** `oldestDueMs`: for how long the delivery that is due the longest has been due; null when none is. */
export type Backlog = { waiting: number; oldestDueMs: number | null };

export function figureStore(connection: Knex) {
  function webhookIds(whose: Whose) {
    if ('webhookId' in whose) return [whose.webhookId];
    const { id, role } = whose.actor;
    const givenTo = connection('bot_agents')
      .where({ user_id: id ?? '' })
      .select('bot_id');
    return connection('webhooks')
      .whereNull('deleted_at')
      .modify((query) => role === 'admin' || query.whereIn('bot_id', givenTo))
      .select('id');
  }

  return {
    async attempts(whose: Whose, span: number, from: number): Promise<CountedAttempts[]> {
      const rows = await connection('delivery_figures')
        .whereIn('webhook_id', webhookIds(whose))
        .where({ span })
        .where('since', '>=', from)
        .groupBy('since', 'outcome', 'bucket')
        .select('since', 'outcome', 'bucket', connection.raw('sum(attempts) AS attempts'));
      return rows.map((row) => ({
        since: Number(row.since),
        outcome: row.outcome,
        bucket: row.bucket,
        attempts: Number(row.attempts),
      }));
    },

    /** The most that waited by start of the span. Of several webhooks: the sum, and the oldest of all. */
    async pastBacklog(whose: Whose, span: number, from: number): Promise<Map<number, Backlog>> {
      const rows = await connection('backlog_figures')
        .whereIn('webhook_id', webhookIds(whose))
        .where({ span })
        .where('since', '>=', from)
        .groupBy('since')
        .select('since', connection.raw('sum(waiting) AS waiting, max(oldest_due_ms) AS oldest'));
      return new Map(
        rows.map(({ since, waiting, oldest }) => [
          Number(since),
          { waiting: Number(waiting), oldestDueMs: Number(oldest) },
        ]),
      );
    },

    /** What waits at this moment: a count of the partial index of deliveries that wait. */
    async backlog(whose: Whose, at: number): Promise<Backlog> {
      // By webhook: the oldest of each is the first in the index, only the count reads on.
      const ofWebhook = () =>
        connection('deliveries').whereRaw(
          "deliveries.webhook_id = webhooks.id AND deliveries.status = 'pending'",
        );
      const each = connection('webhooks')
        .whereIn('id', webhookIds(whose))
        .select({ waiting: ofWebhook().count('*'), due: ofWebhook().min('next_attempt_at') });
      const row = await connection
        .from(each.as('each_webhook'))
        .sum({ waiting: 'waiting' })
        .min({ due: 'due' })
        .first();
      return { waiting: Number(row?.waiting ?? 0), oldestDueMs: age(row?.due, at) };
    },

    /** The same of each webhook that has something waiting. */
    async backlogs(at: number): Promise<(Backlog & { webhookId: string })[]> {
      const rows = await connection('deliveries')
        .whereRaw("status = 'pending'")
        .groupBy('webhook_id')
        .select('webhook_id', connection.raw('count(*) AS waiting, min(next_attempt_at) AS due'));
      return rows.map((row) => ({
        webhookId: row.webhook_id,
        waiting: Number(row.waiting),
        oldestDueMs: age(row.due, at),
      }));
    },

    /** How many wait, of all webhooks. */
    async waiting(): Promise<number> {
      const [row] = await connection('deliveries').whereRaw("status = 'pending'").count({ count: '*' });
      return Number(row?.count ?? 0);
    },

    /** For how long something has been due that could be sent: of webhooks that are neither paused nor disabled. */
    async oldestDueMs(at: number): Promise<number | null> {
      const oldest = connection('deliveries')
        .whereRaw("deliveries.webhook_id = webhooks.id AND deliveries.status = 'pending'")
        .min('next_attempt_at');
      const row = await connection
        .from(
          connection('webhooks')
            .where({ enabled: true })
            .whereNull('paused_at')
            .whereNull('deleted_at')
            .select({ due: oldest })
            .as('open'),
        )
        .min({ due: 'due' })
        .first();
      return age(row?.due, at);
    },

    /** Whether anything was ever counted, as far back as is kept. */
    async hasAny(whose: Whose): Promise<boolean> {
      const row = await connection('delivery_figures')
        .whereIn('webhook_id', webhookIds(whose))
        .first('webhook_id');
      return row !== undefined;
    },
  };
}

function age(due: number | string | null | undefined, at: number): number | null {
  const ms = due === null || due === undefined ? -1 : at - Number(due);
  return ms < 0 ? null : ms;
}
