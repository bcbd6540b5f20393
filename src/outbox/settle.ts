import type { Knex } from 'knex';
import { countAttempts } from '../figures/count.js';
import { isPostgres, records } from '../records.js';
import type { Claimed } from './claim.js';
import { type Line, letNextGo } from './order.js';

/** How long its steps took, in ms; null for one that was not taken. `firstByteMs` counts from the start of the attempt. */
export type Timings = {
  /** Whether an earlier request had the connection before; null: there was no connection. */
  reused: boolean | null;
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
  firstByteMs: number | null;
};

/** One HTTP request of a delivery as it is kept: secrets masked, at most 16 KiB of the response. */
export type Attempt = {
  startedAt: number;
  durationMs: number;
  url: string;
  status: number | null;
  error: string | null;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string | string[]> | null;
  responseBody: string | null;
  truncated: boolean;
  timings: Timings;
};

/** What becomes of a delivery after an attempt. `null` as the attempt: it was given back unsent. */
export type Settlement = {
  claimed: Claimed;
  attempt: Attempt | null;
  next:
    | { status: 'delivered' | 'failed'; finishedAt: number }
    | { status: 'pending'; step: number; nextAttemptAt: number | null };
};

const settled = {
  seq: 'bigint',
  lease_token: 'text',
  made: 'integer',
  status: 'text',
  step: 'integer',
  next_attempt_at: 'bigint',
  finished_at: 'bigint',
} as const;

const attempted = {
  seq: 'bigint',
  lease_token: 'text',
  started_at: 'bigint',
  duration_ms: 'integer',
  url: 'text',
  http_status: 'integer',
  error: 'text',
  request_headers: 'text',
  response_headers: 'text',
  response_body: 'text',
  truncated: 'boolean',
  reused: 'boolean',
  dns_ms: 'real',
  connect_ms: 'real',
  tls_ms: 'real',
  first_byte_ms: 'real',
} as const;

/**
 * Records attempts and their outcomes, in two statements however many there are. A result whose lease was lost
 * changes nothing: somebody else has the delivery now.
 */
export async function settle(tx: Knex, settlements: Settlement[]): Promise<void> {
  if (settlements.length === 0) return;
  const lines = linesOf(settlements);
  if (lines.length > 0 && isPostgres(tx)) await hold(tx, settlements);
  await countAttempts(tx, settlements);
  const attempts = settlements.flatMap(({ claimed, attempt }) =>
    attempt ? [attemptRow(claimed, attempt)] : [],
  );
  if (attempts.length > 0) {
    await tx.raw(
      `INSERT INTO attempts (delivery_seq, attempt, started_at, duration_ms, url, status, error,
         request_headers, response_headers, response_body, truncated,
         reused, dns_ms, connect_ms, tls_ms, first_byte_ms)
       SELECT made.seq, deliveries.attempts + 1, made.started_at, made.duration_ms, made.url, made.http_status, made.error,
         made.request_headers, made.response_headers, made.response_body, made.truncated,
         made.reused, made.dns_ms, made.connect_ms, made.tls_ms, made.first_byte_ms
       FROM ${records(tx, 'made', attempted)}
       JOIN deliveries ON deliveries.seq = made.seq AND deliveries.lease_token = made.lease_token
       WHERE deliveries.status = 'sending'`,
      [JSON.stringify(attempts)],
    );
  }
  await tx.raw(
    `UPDATE deliveries SET status = result.status, attempts = deliveries.attempts + result.made, step = result.step,
       next_attempt_at = result.next_attempt_at, finished_at = result.finished_at, lease_token = NULL, lease_until = NULL
     FROM ${records(tx, 'result', settled)}
     WHERE deliveries.seq = result.seq AND deliveries.lease_token = result.lease_token AND deliveries.status = 'sending'`,
    [JSON.stringify(settlements.map(resultRow))],
  );
  await letNextGo(tx, lines, Math.max(...lines.map(({ endedAt }) => endedAt)));
}

/** The lines that have come to their next delivery. */
const linesOf = (settlements: Settlement[]): (Line & { endedAt: number })[] =>
  settlements.flatMap(({ claimed: { webhookId, subject }, next }) =>
    subject === null || next.status === 'pending' ? [] : [{ webhookId, subject, endedAt: next.finishedAt }],
  );

/** Locks them in the order in which everybody locks a line, which the order of one UPDATE need not be. */
async function hold(tx: Knex, settlements: Settlement[]): Promise<void> {
  await tx.raw(
    `SELECT deliveries.seq FROM ${records(tx, 'held', { seq: 'bigint' })}
     JOIN deliveries ON deliveries.seq = held.seq
     ORDER BY deliveries.webhook_id, deliveries.seq FOR NO KEY UPDATE OF deliveries`,
    [JSON.stringify(settlements.map(({ claimed: { seq } }) => ({ seq })))],
  );
}

/** Without those that others have taken over: what a lease taught that had ended by then teaches nothing. */
export async function stillOurs<R extends Settlement>(tx: Knex, results: R[], at: number): Promise<R[]> {
  const isLate = ({ claimed }: Settlement) => claimed.leaseUntil <= at;
  const late = results.filter(isLate);
  if (late.length === 0) return results;
  const rows: { seq: number; lease_token: string | null }[] = await tx('deliveries')
    .whereIn('seq', [...new Set(late.map(({ claimed }) => claimed.seq))])
    .forUpdate()
    .select('seq', 'lease_token');
  const tokens = new Map(rows.map((row) => [Number(row.seq), row.lease_token]));
  return results.filter(
    (result) => !isLate(result) || tokens.get(result.claimed.seq) === result.claimed.leaseToken,
  );
}

function resultRow({ claimed, attempt, next }: Settlement) {
  const pending = next.status === 'pending';
  return {
    seq: claimed.seq,
    lease_token: claimed.leaseToken,
    made: attempt ? 1 : 0,
    status: next.status,
    step: pending ? next.step : claimed.step,
    next_attempt_at: pending ? next.nextAttemptAt : null,
    finished_at: pending ? null : next.finishedAt,
  };
}

function attemptRow(claimed: Claimed, attempt: Attempt) {
  const { reused, dnsMs, connectMs, tlsMs, firstByteMs } = attempt.timings;
  return {
    seq: claimed.seq,
    lease_token: claimed.leaseToken,
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    url: attempt.url,
    http_status: attempt.status,
    error: attempt.error,
    request_headers: JSON.stringify(attempt.requestHeaders),
    response_headers: attempt.responseHeaders && JSON.stringify(attempt.responseHeaders),
    response_body: attempt.responseBody,
    truncated: attempt.truncated,
    reused,
    dns_ms: tenths(dnsMs),
    connect_ms: tenths(connectMs),
    tls_ms: tenths(tlsMs),
    first_byte_ms: tenths(firstByteMs),
  };
}

const tenths = (ms: number | null) => ms && Math.round(ms * 10) / 10;
