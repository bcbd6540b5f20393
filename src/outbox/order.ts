import type { Knex } from 'knex';
import { records } from '../records.js';

/**
 * Deliveries of one subject (a conversation) reach a webhook in order: while one is on its schedule, those after it
 * have no next attempt; when it has ended, the next in line gets one.
 */
const inLine = "subject IS NOT NULL AND status IN ('pending', 'sending')";

/**
 * The webhooks with deliveries of this subject on their way. On PostgreSQL none of these ends before the transaction
 * does: whoever ends one finds what was put in line behind it.
 */
export async function webhooksBusyWith(tx: Knex, subject: string): Promise<Set<string>> {
  return webhooksOf(await held(tx, (query) => query.where({ subject })));
}

/** Nothing of these subjects that is on its way to the webhook ends before the transaction does. */
export async function holdLines(tx: Knex, webhookId: string, subjects: string[]): Promise<void> {
  await held(tx, (query) => query.where({ webhook_id: webhookId }).whereIn('subject', subjects));
}

/** Everybody takes the locks of a line in this order, so that nobody waits for each other. */
const held = (tx: Knex, some: (query: Knex.QueryBuilder) => Knex.QueryBuilder): Promise<Row[]> =>
  some(tx('deliveries')).whereRaw(inLine).orderBy(['webhook_id', 'seq']).forShare().select('webhook_id');

type Row = { webhook_id: string };

const webhooksOf = (rows: Row[]) => new Set(rows.map((row) => row.webhook_id));

export type Line = { webhookId: string; subject: string };

const lineColumns = { webhook_id: 'text', subject: 'text' } as const;

/** Lets the next delivery of each of these lines go. */
export async function letNextGo(tx: Knex, lines: Line[], at: number): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map(({ webhookId, subject }) => ({ webhook_id: webhookId, subject }));
  await tx.raw(
    `UPDATE deliveries SET next_attempt_at = ?
     WHERE status = 'pending' AND next_attempt_at IS NULL AND seq IN (
       SELECT (SELECT min(seq) FROM deliveries
         WHERE subject = line.subject AND webhook_id = line.webhook_id AND ${inLine})
       FROM ${records(tx, 'line', lineColumns)})`,
    [at, JSON.stringify(rows)],
  );
}

/** Lets all deliveries of a webhook go that wait for one before them: their order does not count any more. */
export async function letAllGo(connection: Knex, webhookId: string, at: number): Promise<void> {
  await connection('deliveries')
    .where({ webhook_id: webhookId })
    .whereNull('next_attempt_at')
    .whereRaw("status = 'pending'")
    .update({ next_attempt_at: at });
}
