import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';

export type Logged = {
  webhookId: string;
  botId: string;
  count: number;
  /** Of the deliveries: `pending` ones were never attempted. */
  status: 'pending' | 'delivered' | 'failed';
  /** When (ms) the first one was created and, unless it waits, finished; each other one a millisecond later. */
  from: number;
  /** Letters in the answer of each attempt. */
  answer?: number;
};

let made = 0;

/** A log of so many deliveries, each with its event and attempt, as if they had been sent: written by SQL, at once. */
export async function fillLog(db: Knex, { answer = 100, ...log }: Logged): Promise<void> {
  const name = `made${++made}`;
  const { count, status, webhookId, botId, from } = log;
  const isWaiting = status === 'pending';
  const body = JSON.stringify({ success: true, bot: 'Help desk', dataSource: 'Manual' });
  const answered = randomBytes(Math.ceil(answer / 2))
    .toString('hex')
    .slice(0, answer);
  await db.transaction(async (tx) => {
    const { last } = (await tx('events').max({ last: 'seq' }).first()) ?? {};
    await tx.raw(
      `INSERT INTO events (bot_id, type, body, test, created_at)
       WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
       SELECT ?, 'sync.success', ?, ?, ${from} + n FROM numbers`,
      [botId, body, false],
    );
    await tx.raw(
      `INSERT INTO deliveries (id, event_seq, webhook_id, status, attempts, next_attempt_at, created_at, finished_at)
       SELECT 'msg_${name}_' || seq, seq, ?, ?, ${isWaiting ? 0 : 1}, ${isWaiting ? 'created_at' : 'NULL'}, created_at,
         ${isWaiting ? 'NULL' : 'created_at'}
       FROM events WHERE seq > ?`,
      [webhookId, status, last ?? 0],
    );
    if (isWaiting) return;
    await tx.raw(
      `INSERT INTO attempts (delivery_seq, attempt, started_at, duration_ms, url, status, request_headers,
         response_headers, response_body, truncated)
       SELECT seq, 1, finished_at, 12, 'https://example.com/', ${status === 'failed' ? 500 : 200}, '{}', '{}', ?, ?
       FROM deliveries WHERE event_seq > ?`,
      [answered, false, last ?? 0],
    );
  });
}
