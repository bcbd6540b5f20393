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
  const finished = status === 'pending' ? 'NULL' : `${from} + n`;
  const numbers = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`;
  const [{ last }] = await db.raw('SELECT coalesce(max(seq), 0) AS last FROM events');
  const body = JSON.stringify({ success: true, bot: 'Help desk', dataSource: 'Manual' });
  await db.transaction(async (tx) => {
    await tx.raw(
      `${numbers} INSERT INTO events (seq, bot_id, type, body, test, created_at)
       SELECT ? + n, ?, 'sync.success', ?, 0, ${from} + n FROM numbers`,
      [last, botId, body],
    );
    await tx.raw(
      `${numbers} INSERT INTO deliveries (id, event_seq, webhook_id, status, attempts, next_attempt_at, created_at, finished_at)
       SELECT 'msg_${name}_' || n, ? + n, ?, ?, ?, ${status === 'pending' ? `${from} + n` : 'NULL'}, ${from} + n, ${finished}
       FROM numbers`,
      [last, webhookId, status, status === 'pending' ? 0 : 1],
    );
    if (status === 'pending') return;
    await tx.raw(
      `INSERT INTO attempts (delivery_seq, attempt, started_at, duration_ms, url, status, request_headers,
         response_headers, response_body, truncated)
       SELECT seq, 1, finished_at, 12, 'https://example.com/', ${status === 'failed' ? 500 : 200}, '{}', '{}',
         substr(hex(randomblob(${Math.ceil(answer / 2)})), 1, ${answer}), 0
       FROM deliveries WHERE event_seq > ?`,
      [last],
    );
  });
}
