import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';
import type { Answer, AnswerKind } from './schema.js';
import type { Verdict } from './verdict.js';

/** How a request ended: answered, given up by its sender, cut off after a minute, refused, or let go at a stop. */
export type End = 'answered' | 'left' | 'cut' | 'stopped' | 'too-large' | 'too-many';

export type NewRequest = {
  receiverId: string;
  at: number;
  method: string;
  /** The header lines as they came, as JSON of pairs; sealed by the vault. */
  sealedHeaders: string;
  /** Its first 64 KiB. */
  body: string;
  /** Bytes; of a body that was too large, those that were read. */
  size: number;
  /** `webhook-id`, where it is that of a delivery to this receiver. */
  messageId: string | null;
  webhookId: string | null;
  /** X-Hookbell-Attempt. */
  attempt: number | null;
  verdict: Verdict;
  answer: Answer;
  /** Null while the sender waits. */
  end: End | null;
  tookMs: number | null;
};

export type ReceivedRequest = NewRequest & { id: number };

/** What a receiver got, newest first. */
export function requestStore(connection: Knex) {
  const requests = () => connection('receiver_requests');
  return {
    async listOf(receiverId: string, window: Window, bodyLength: number): Promise<ReceivedRequest[]> {
      const rows = await requests()
        .where({ receiver_id: receiverId })
        .modify((query) => {
          if (window.after) query.where('id', '<', window.after[0]!);
        })
        .orderBy('id', 'desc')
        .limit(window.limit + 1)
        .select([...columns, connection.raw('substr(body, 1, ?) AS body', [bodyLength])]);
      return rows.map(fromRow);
    },

    async find(receiverId: string, id: number): Promise<ReceivedRequest | null> {
      const row = await requests().where({ receiver_id: receiverId, id }).first();
      return row ? fromRow(row) : null;
    },

    async insert(request: NewRequest): Promise<number> {
      const [row] = await requests()
        .insert({
          receiver_id: request.receiverId,
          at: request.at,
          method: request.method,
          headers: request.sealedHeaders,
          body: request.body,
          size: request.size,
          message_id: request.messageId,
          webhook_id: request.webhookId,
          attempt: request.attempt,
          secret: request.verdict.secret,
          signature: request.verdict.signature,
          because: request.verdict.because,
          answer: request.answer.kind,
          seconds: request.answer.seconds,
          ended: request.end,
          took_ms: request.tookMs,
        })
        .returning('id');
      return Number(row.id);
    },

    async ended(id: number, end: End, tookMs: number): Promise<void> {
      await requests().where({ id }).update({ ended: end, took_ms: tookMs });
    },

    /** Keeps the newest `most` of a receiver. */
    async prune(receiverId: string, most: number): Promise<void> {
      const last = await requests()
        .where({ receiver_id: receiverId })
        .orderBy('id', 'desc')
        .offset(most)
        .first('id');
      if (last) await requests().where({ receiver_id: receiverId }).where('id', '<=', last.id).delete();
    },

    clear: (receiverId: string): Promise<number> => requests().where({ receiver_id: receiverId }).delete(),
  };
}

const columns = [
  'id',
  'receiver_id',
  'at',
  'method',
  'headers',
  'size',
  'message_id',
  'webhook_id',
  'attempt',
  'secret',
  'signature',
  'because',
  'answer',
  'seconds',
  'ended',
  'took_ms',
];

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): ReceivedRequest {
  return {
    id: Number(row.id),
    receiverId: row.receiver_id,
    at: Number(row.at),
    method: row.method,
    sealedHeaders: row.headers,
    body: row.body,
    size: row.size,
    messageId: row.message_id,
    webhookId: row.webhook_id,
    attempt: row.attempt,
    verdict: { secret: row.secret, signature: row.signature, because: row.because },
    answer: { kind: row.answer as AnswerKind, seconds: row.seconds },
    end: row.ended,
    tookMs: row.took_ms,
  };
}
