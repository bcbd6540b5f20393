import type { Knex } from 'knex';
import { type Hook, makeHook } from '../support/outbox.js';
import type { Running } from '../support/server.js';

export type Finished = {
  id?: string;
  status?: 'failed' | 'delivered';
  subject?: string | null;
  createdAt?: number;
  finishedAt?: number;
};

let made = 0;

/** Deliveries of a webhook that have finished, in this order; one attempt each. Returns their ids. */
export async function finished(
  db: Knex,
  { id: webhookId, botId }: Pick<Hook, 'id' | 'botId'>,
  rows: Finished[],
  at: number,
): Promise<string[]> {
  const body = '{"success":false,"reason":"an example","bot":"Help desk","dataSource":"Manual"}';
  const event = { bot_id: botId, type: 'sync.success', body, test: false, created_at: at };
  const [{ seq }] = await db('events').insert(event).returning('seq');
  const deliveries = rows.map((row) => ({
    id: row.id ?? `msg_${++made}`,
    event_seq: seq,
    webhook_id: webhookId,
    subject: row.subject ?? null,
    status: row.status ?? 'failed',
    attempts: 1,
    step: 9,
    created_at: row.createdAt ?? at,
    finished_at: row.finishedAt ?? row.createdAt ?? at,
  }));
  await db.batchInsert('deliveries', deliveries, 100);
  return deliveries.map(({ id }) => id);
}

/** A webhook with `count` deliveries that were given up a second apart, the last one a second ago. */
export async function failedHook(
  running: Running,
  url: string,
  count: number,
): Promise<{ hook: Hook; ids: string[]; at: number }> {
  const { db, clock } = running.hookbell.deps;
  const hook = await makeHook(running, url);
  const at = clock();
  const rows = Array.from({ length: count }, (_, place) => ({ createdAt: at - (count - place) * 1_000 }));
  return { hook, ids: await finished(db, hook, rows, at), at };
}

/** The statuses of these deliveries, in order of their seq. */
export async function statuses(db: Knex, webhookId: string): Promise<string[]> {
  const rows = await db('deliveries').where({ webhook_id: webhookId }).orderBy('seq').select('status');
  return rows.map((row: { status: string }) => row.status);
}
