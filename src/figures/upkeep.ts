import type { Knex } from 'knex';
import { records } from '../records.js';
import { ranges, spans, startOf } from './range.js';
import { figureStore } from './store.js';

const sampled = {
  webhook_id: 'text',
  span: 'integer',
  since: 'bigint',
  waiting: 'bigint',
  oldest_due_ms: 'bigint',
} as const;

/** Looks at what waits, and keeps the most of it. It is read beside the writes, so that nothing waits for the count. */
export async function sampleBacklog(connections: { db: Knex; reader: Knex }, at: number): Promise<void> {
  const backlogs = await figureStore(connections.reader).backlogs(at);
  if (backlogs.length === 0) return;
  const rows = backlogs.flatMap(({ webhookId, waiting, oldestDueMs }) =>
    spans.map((span) => ({
      webhook_id: webhookId,
      span,
      since: startOf(at, span),
      waiting,
      oldest_due_ms: oldestDueMs ?? 0,
    })),
  );
  // The join leaves out what was removed since it was counted; CROSS makes SQLite begin with what was seen, for it
  // would read all of that again for each webhook.
  await connections.db.raw(
    `INSERT INTO backlog_figures (webhook_id, span, since, waiting, oldest_due_ms)
     SELECT webhooks.id, seen.span, seen.since, seen.waiting, seen.oldest_due_ms
     FROM ${records(connections.db, 'seen', sampled)}
     CROSS JOIN webhooks
     WHERE webhooks.id = seen.webhook_id AND webhooks.deleted_at IS NULL
     ON CONFLICT (webhook_id, span, since) DO UPDATE SET
       waiting = CASE WHEN excluded.waiting > backlog_figures.waiting
         THEN excluded.waiting ELSE backlog_figures.waiting END,
       oldest_due_ms = CASE WHEN excluded.oldest_due_ms > backlog_figures.oldest_due_ms
         THEN excluded.oldest_due_ms ELSE backlog_figures.oldest_due_ms END`,
    [JSON.stringify(rows)],
  );
}

/** Removes what no chart shows any more, and what ended before `until` (ms), one span at a time. */
export async function pruneFigures(db: Knex, at: number, until: number): Promise<void> {
  for (const table of ['delivery_figures', 'backlog_figures']) {
    for (const { span, points } of Object.values(ranges)) {
      const kept = Math.max(startOf(at, span) - (points - 1) * span, startOf(until, span));
      for (;;) {
        const oldest = await db(table).where({ span }).min({ since: 'since' }).first();
        if (oldest?.since == null || Number(oldest.since) >= kept) break;
        await db(table).where({ span, since: oldest.since }).delete();
      }
    }
  }
}
