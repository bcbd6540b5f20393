import type { Knex } from 'knex';

/** On PostgreSQL, by the clock of the database: those of the machines may differ. */
const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Which process sends to which webhook, while several share a database. Times in ms. */
export function shareStore(db: Knex) {
  return {
    /** This process is there for the next `length`. Returns all that are. */
    async present(token: string, length: number): Promise<string[]> {
      const { rows } = await db.raw(
        `WITH present AS (
           INSERT INTO couriers (token, until) VALUES (?, ${now} + ?)
           ON CONFLICT (token) DO UPDATE SET until = excluded.until RETURNING token)
         SELECT token FROM present UNION SELECT token FROM couriers WHERE until > ${now}`,
        [token, length],
      );
      return rows.map((row: { token: string }) => row.token);
    },

    /** Takes the lanes of these webhooks that nobody else has. Returns for how long it has each, from now on. */
    async take(
      token: string,
      webhookIds: string[],
      length: { attempt: number; mostForAttempt: number; beyond: number },
    ): Promise<Map<string, number>> {
      const { rows } = await db.raw(
        `INSERT INTO lanes AS held (webhook_id, token, until)
         SELECT id, ?, ${now} + least(coalesce(timeout_ms, ?), ?) + ? FROM webhooks
         LEFT JOIN lanes ON lanes.webhook_id = webhooks.id
         WHERE webhooks.id = ANY (?) AND (lanes.token IS NULL OR lanes.token = ? OR lanes.until <= ${now})
         ORDER BY id
         ON CONFLICT (webhook_id) DO UPDATE SET token = excluded.token, until = excluded.until
         WHERE held.token = excluded.token OR held.until <= ${now}
         RETURNING webhook_id, until - ${now} AS length`,
        [token, length.attempt, length.mostForAttempt, length.beyond, webhookIds, token],
      );
      return new Map(
        rows.map((row: { webhook_id: string; length: number }) => [row.webhook_id, Number(row.length)]),
      );
    },

    async letGo(token: string, webhookIds: string[]): Promise<void> {
      await db('lanes').where({ token }).whereIn('webhook_id', webhookIds).delete();
    },

    /** Nothing of this process is left, nor of those that are gone for long. */
    async leave(token: string): Promise<void> {
      await db('lanes').where({ token }).delete();
      await db('couriers').where({ token }).orWhereRaw(`until < ${now} - 3600000`).delete();
    },
  };
}
