import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';
import type { Attempt } from './settle.js';

export type DeliveryStatus = 'pending' | 'sending' | 'delivered' | 'failed';

export type Delivery = {
  seq: number;
  /** The `webhook-id`. */
  id: string;
  webhookId: string;
  type: string;
  status: DeliveryStatus;
  attempts: number;
  nextAttemptAt: number | null;
  createdAt: number;
  finishedAt: number | null;
  test: boolean;
  /** The exact text that is sent. */
  body: string;
};

export type RecordedAttempt = Attempt & { attempt: number };

/** So many are counted for a page, which says “10,000+” of more. */
export const mostCounted = 10_000;

export function deliveryStore(connection: Knex) {
  const deliveries = () =>
    connection('deliveries').join('events', 'events.seq', 'deliveries.event_seq').select(columns);
  return {
    async find(id: string): Promise<Delivery | null> {
      const row = await deliveries().where('deliveries.id', id).first();
      return row ? fromRow(row) : null;
    },

    /** Newest first. */
    async listOf(webhookId: string, status: DeliveryStatus | null, window: Window): Promise<Delivery[]> {
      const rows = await deliveries()
        .where('deliveries.webhook_id', webhookId)
        .modify((query) => {
          if (status) query.where('deliveries.status', status);
          if (window.after) query.where('deliveries.seq', '<', window.after[0]!);
        })
        .orderBy('deliveries.seq', 'desc')
        .limit(window.limit + 1);
      return rows.map(fromRow);
    },

    async attemptsOf(seq: number): Promise<RecordedAttempt[]> {
      const rows = await connection('attempts').where({ delivery_seq: seq }).orderBy('id');
      return rows.map(attemptFromRow);
    },

    /** Back on the schedule, from its start and at once. False while it is being sent. */
    async sendAgain(id: string, at: number): Promise<boolean> {
      const changed = await connection('deliveries')
        .where({ id })
        .whereIn('status', ['pending', 'delivered', 'failed'])
        .update({ status: 'pending', step: 0, next_attempt_at: at, finished_at: null });
      return changed === 1;
    },

    /** How many of a webhook wait to be sent; counted no further than one above `mostCounted`. */
    async waiting(webhookId: string): Promise<number> {
      const some = connection('deliveries')
        .where({ webhook_id: webhookId })
        .whereRaw("status = 'pending'")
        .limit(mostCounted + 1)
        .select('seq');
      const [row] = await connection.from(some.as('some')).count({ count: '*' });
      return Number(row?.count ?? 0);
    },
  };
}

const columns = [
  'deliveries.seq',
  'deliveries.id',
  'deliveries.webhook_id',
  'deliveries.status',
  'deliveries.attempts',
  'deliveries.next_attempt_at',
  'deliveries.created_at',
  'deliveries.finished_at',
  'events.type',
  'events.test',
  'events.body',
];

const numberOrNull = (value: number | string | null) => (value === null ? null : Number(value));

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Delivery {
  return {
    seq: Number(row.seq),
    id: row.id,
    webhookId: row.webhook_id,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: row.status === 'pending' ? numberOrNull(row.next_attempt_at) : null,
    createdAt: Number(row.created_at),
    finishedAt: numberOrNull(row.finished_at),
    test: Boolean(row.test),
    body: row.body,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function attemptFromRow(row: any): RecordedAttempt {
  return {
    attempt: row.attempt,
    startedAt: Number(row.started_at),
    durationMs: row.duration_ms,
    url: row.url,
    status: row.status,
    error: row.error,
    requestHeaders: JSON.parse(row.request_headers),
    responseHeaders: row.response_headers && JSON.parse(row.response_headers),
    responseBody: row.response_body,
    truncated: Boolean(row.truncated),
    timings: {
      reused: row.reused === null ? null : Boolean(row.reused),
      dnsMs: row.dns_ms,
      connectMs: row.connect_ms,
      tlsMs: row.tls_ms,
      firstByteMs: row.first_byte_ms,
    },
  };
}
