import type { Knex } from 'knex';
import { isPostgres, records } from '../records.js';

/** A delivery that this process may attempt until `leaseUntil`; the token proves it when the result is settled. */
export type Claimed = {
  seq: number;
  id: string;
  webhookId: string;
  type: string;
  subject: string | null;
  body: string;
  /** Attempts made before this one. */
  attempts: number;
  /** The place on the retry schedule. */
  step: number;
  /** When it was due, in ms. */
  dueAt: number;
  leaseToken: string;
  leaseUntil: number;
  /** It tries a webhook that failures paused; until then (ms) nobody else does. */
  triesUntil?: number;
};

type Lease = { token: string; until: number };

export type Want = { webhookId: string; limit: number };

/**
 * Takes the deliveries of each wanted webhook that are due the longest, at most `limit` of each. The cost is that of
 * what is taken: one range of the partial index a webhook, however many wait or were finished.
 */
export async function claim(tx: Knex, wants: Want[], lease: Lease, at: number): Promise<Claimed[]> {
  if (wants.length === 0) return [];
  const taken = isPostgres(tx) ? await takeUnlocked(tx, wants, lease, at) : await take(tx, wants, lease, at);
  // RETURNING comes in no promised order.
  return taken
    .sort((one, other) => one.seq - other.seq)
    .map((row) => ({
      seq: Number(row.seq),
      id: row.id,
      webhookId: row.webhook_id,
      type: row.type,
      subject: row.subject,
      body: row.body,
      attempts: row.attempts,
      step: row.step,
      dueAt: Number(row.next_attempt_at),
      leaseToken: lease.token,
      leaseUntil: lease.until,
    }));
}

// biome-ignore lint/suspicious/noExplicitAny: rows as the driver gives them
type Rows = any[];

const ofEvent = (column: string) =>
  `(SELECT ${column} FROM events WHERE events.seq = event_seq) AS ${column}`;
const columns = `seq, id, webhook_id, ${ofEvent('type')}, subject, ${ofEvent('body')}, attempts, step, next_attempt_at`;

/** For an engine with one writer at a time. */
function take(tx: Knex, wants: Want[], lease: Lease, at: number): Promise<Rows> {
  const due = `SELECT seq FROM (SELECT seq FROM deliveries WHERE webhook_id = ? AND status = 'pending'
    AND next_attempt_at <= ? ORDER BY next_attempt_at, seq LIMIT ?) AS lane`;
  return rowsOf(
    tx,
    `UPDATE deliveries SET status = 'sending', lease_token = ?, lease_until = ?
     WHERE status = 'pending' AND seq IN (${wants.map(() => due).join(' UNION ALL ')})
     RETURNING ${columns}`,
    [lease.token, lease.until, ...wants.flatMap((want) => [want.webhookId, at, want.limit])],
  );
}

const wanted = { webhook_id: 'text', most: 'bigint' } as const;

/**
 * For an engine with many: what somebody else has locked is passed over and never waited for. Materialized, so that
 * what was locked and what is updated are the same rows. The planner sees that an index is the way, however many wait,
 * by the limit of all, which is a constant (each lane's own ends the reading and locking before), and by the array.
 */
function takeUnlocked(tx: Knex, wants: Want[], lease: Lease, at: number): Promise<Rows> {
  return rowsOf(
    tx,
    `WITH due AS MATERIALIZED (
       SELECT lane.seq FROM ${records(tx, 'wanted', wanted)}
       CROSS JOIN LATERAL (
         SELECT seq FROM (
           SELECT seq FROM deliveries
           WHERE deliveries.webhook_id = wanted.webhook_id AND status = 'pending' AND next_attempt_at <= ?
           ORDER BY next_attempt_at, seq LIMIT ? FOR UPDATE SKIP LOCKED) AS first
         LIMIT wanted.most) AS lane)
     UPDATE deliveries SET status = 'sending', lease_token = ?, lease_until = ?
     WHERE seq = ANY (ARRAY(SELECT seq FROM due)) AND status = 'pending'
     RETURNING ${columns}`,
    [
      JSON.stringify(wants.map(({ webhookId, limit }) => ({ webhook_id: webhookId, most: limit }))),
      at,
      Math.max(...wants.map(({ limit }) => limit)),
      lease.token,
      lease.until,
    ],
  );
}

/**
 * The webhooks that have something due, those that failures paused only when it is time to try them: one step through
 * the partial index a webhook, not a delivery.
 */
export async function dueWebhooks(connection: Knex, at: number): Promise<string[]> {
  const rows = await rowsOf(
    connection,
    `WITH RECURSIVE lane(webhook_id) AS (
       SELECT min(webhook_id) FROM deliveries WHERE status = 'pending'
       UNION ALL
       SELECT (SELECT min(webhook_id) FROM deliveries WHERE status = 'pending' AND webhook_id > lane.webhook_id)
       FROM lane WHERE lane.webhook_id IS NOT NULL)
     SELECT webhooks.id FROM lane JOIN webhooks ON webhooks.id = lane.webhook_id
     WHERE webhooks.enabled AND webhooks.deleted_at IS NULL
       AND (webhooks.paused_at IS NULL OR (webhooks.pause_reason IS NOT NULL AND webhooks.probe_at <= ?))
       AND (SELECT min(next_attempt_at) FROM deliveries WHERE status = 'pending' AND webhook_id = lane.webhook_id) <= ?`,
    [at, at],
  );
  return rows.map((row) => row.id);
}

/** Gives back what a process took and did not settle: all of it whose lease has ended, or all there is. */
export async function giveBack(connection: Knex, leasesUntil: number): Promise<number> {
  const ended = connection('deliveries')
    .whereRaw("status = 'sending'")
    .where('lease_until', '<=', leasesUntil);
  if (!isPostgres(connection))
    return ended.update({ status: 'pending', lease_token: null, lease_until: null });
  // Nobody waits for a process that was frozen in the middle of a transaction.
  const unlocked = ended.select('seq').forUpdate().skipLocked();
  const given = await connection.raw(
    `WITH ended AS MATERIALIZED (?)
     UPDATE deliveries SET status = 'pending', lease_token = NULL, lease_until = NULL
     WHERE seq = ANY (ARRAY(SELECT seq FROM ended)) AND status = 'sending'`,
    [unlocked],
  );
  return given.rowCount;
}

async function rowsOf(connection: Knex, sql: string, bindings: (string | number)[]): Promise<Rows> {
  const answer = await connection.raw(sql, bindings);
  return answer.rows ?? answer;
}
