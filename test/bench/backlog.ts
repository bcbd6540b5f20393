import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../src/database.js';

const day = 86_400_000;

type Log = { finished: number; waiting: number };

/**
 * Writes deliveries that are over, and then some that wait, into the SQLite database in `dataDir`: every second one of
 * the first webhook, the others of all; one in ten of what is over failed.
 */
export async function writeLog(
  dataDir: string,
  { bot, hooks }: { bot: string; hooks: string[] },
  { finished, waiting }: Log,
): Promise<void> {
  const { db, close } = openDatabase({ dataDir });
  const now = Date.now();
  const all = finished + waiting;
  const body = JSON.stringify({
    event: 'conversation.started',
    conversation: { id: randomUUID(), botId: bot },
  });
  const hook = `CASE WHEN n % 2 = 0 THEN '${hooks[0]}' ELSE (SELECT value FROM json_each('${JSON.stringify(hooks)}') WHERE key = (n / 2) % ${hooks.length}) END`;
  // Those that wait are the latest, and a month passes from the first one to the last.
  const created = `${now - 29 * day} + n * ${Math.floor((29 * day) / all)}`;
  const isOver = `n <= ${finished}`;
  for (let from = 1; from <= all; from += 100_000) {
    const to = Math.min(all, from + 99_999);
    const numbers = `WITH RECURSIVE numbers(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to})`;
    await db.transaction(async (tx) => {
      await tx.raw(
        `${numbers} INSERT INTO events (seq, bot_id, type, subject, body, test, created_at)
         SELECT n, ?, 'conversation.started', 'c' || n, ?, 0, ${created} FROM numbers`,
        [bot, body],
      );
      await tx.raw(
        `${numbers} INSERT INTO deliveries (seq, id, event_seq, webhook_id, subject, status, attempts, next_attempt_at, created_at, finished_at)
         SELECT n, 'msg_' || printf('%032d', n), n, ${hook}, 'c' || n,
           CASE WHEN ${isOver} THEN iif(n % 10 = 4, 'failed', 'delivered') ELSE 'pending' END, iif(${isOver}, 1, 0),
           iif(${isOver}, NULL, ${created}), ${created}, iif(${isOver}, ${created} + 200, NULL)
         FROM numbers`,
      );
      await tx.raw(
        `${numbers} INSERT INTO attempts (delivery_seq, attempt, started_at, duration_ms, url, status, request_headers, response_headers, response_body, truncated)
         SELECT n, 1, ${created}, 20, 'https://example.com/', iif(n % 10 = 4, 500, 200), ?, '{}', 'ok', 0
         FROM numbers WHERE ${isOver}`,
        [
          JSON.stringify({
            'webhook-timestamp': String(Math.floor(now / 1000)),
            'webhook-signature': 'v1,x',
          }),
        ],
      );
    });
  }
  await db.raw('PRAGMA wal_checkpoint(TRUNCATE)');
  await close();
}
