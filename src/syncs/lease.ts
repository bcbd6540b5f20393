import type { Knex } from 'knex';
import { isPostgres } from '../records.js';
import { fromRow, type Sync } from './store.js';

/** A sync that this process may run until the lease ends; the token proves it when something is written. */
export type Claimed = Sync & { token: string };

export type Progress = { done: number; total: number | null; current: string | null };

/** Somebody else runs this sync now, or its source is gone: what this process did of it does not count. */
export class Lost extends Error {
  override name = 'Lost';
}

const ofLivingSource = `EXISTS (SELECT 1 FROM data_sources JOIN bots ON bots.id = data_sources.bot_id
  WHERE data_sources.id = syncs.source_id AND data_sources.deleted_at IS NULL AND bots.deleted_at IS NULL)`;

const nobodyRuns = `NOT EXISTS (SELECT 1 FROM syncs other
  WHERE other.source_id = syncs.source_id AND other.status = 'running')`;

/** Takes the sync that waits the longest: one whose process died before those that are queued. */
export async function claim(
  connection: Knex,
  lease: { token: string; until: number },
  at: number,
): Promise<Claimed | null> {
  const abandoned = `SELECT id FROM syncs WHERE status = 'running' AND lease_until <= ? AND ${ofLivingSource}`;
  const queued = `SELECT id FROM syncs WHERE status = 'queued' AND ${ofLivingSource} AND ${nobodyRuns}`;
  const waiting = `SELECT id FROM (${abandoned} UNION ALL ${queued}) AS waiting`;
  const oldest = isPostgres(connection)
    ? // What another process is about to take is passed over. Materialized, so that it is chosen once.
      `WITH oldest AS MATERIALIZED (
         SELECT id FROM syncs WHERE id IN (${waiting}) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)`
    : `WITH oldest AS (SELECT min(id) AS id FROM (${waiting}) AS first)`;
  const [row] = await rowsOf(
    connection,
    `${oldest}
     UPDATE syncs SET status = 'running', tries = tries + 1, started_at = ?, lease_token = ?, lease_until = ?,
       done = 0, total = NULL, current = NULL
     WHERE id = (SELECT id FROM oldest) AND (status = 'queued' OR (status = 'running' AND lease_until <= ?))
     RETURNING *`,
    [at, at, lease.token, lease.until, at],
  );
  return row ? { ...fromRow(row), token: lease.token } : null;
}

/** Keeps the sync for longer and notes how far it is. False when it is no longer this process's to run. */
export async function renew(
  connection: Knex,
  { id, token }: Claimed,
  until: number,
  progress: Progress,
): Promise<boolean> {
  const renewed = await connection('syncs')
    .where({ id, lease_token: token })
    .whereRaw(ofLivingSource)
    .update({ lease_until: until, ...progress });
  return renewed === 1;
}

/** Throws `Lost` unless the sync is this process's to run; nobody else can take it before the transaction ends. */
export async function requireLease(tx: Knex, { id, token }: Claimed): Promise<void> {
  const held = await tx('syncs').where({ id, lease_token: token }).forUpdate().first('id');
  if (!held) throw new Lost();
}

/** Gives a sync back, to be started again; a start that was ended in good order is not counted. */
export async function release(connection: Knex, { id, token }: Claimed): Promise<void> {
  await connection('syncs')
    .where({ id, lease_token: token })
    .update({ lease_until: 0, lease_token: null, tries: connection.raw('tries - 1') });
}

/** Ends every lease: for the only process on a database, which has just started. */
export async function endAllLeases(connection: Knex): Promise<void> {
  await connection('syncs').whereRaw("status = 'running'").update({ lease_until: 0, lease_token: null });
}

// biome-ignore lint/suspicious/noExplicitAny: rows as the driver gives them
async function rowsOf(connection: Knex, sql: string, bindings: (string | number)[]): Promise<any[]> {
  const answer = await connection.raw(sql, bindings);
  return answer.rows ?? answer;
}
