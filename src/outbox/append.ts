import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import { records } from '../records.js';
import type { NewEvent, Outbox, Unheard } from './event.js';
import { webhooksBusyWith } from './order.js';

/** A webhook that hears an event; with `inOrder`, in the order of the events of a subject. */
export type Listener = { id: string; inOrder: boolean };

type Dependencies = {
  listeners: (tx: Knex, event: NewEvent) => Promise<Listener[]>;
  /** Asked where there are no listeners: what was so then may have changed when somebody wonders. */
  whyUnheard: (tx: Knex, event: NewEvent) => Promise<Unheard>;
  /** Called after the commit, with the webhooks that have something to deliver. */
  nudge: (webhookIds: string[]) => void;
  /** Called after the commit: something happened to this bot. */
  announce: (botId: string) => void;
};

/** The transactional outbox: event and deliveries are written with the change that they tell of, or not at all. */
export function createOutbox(asked: Dependencies): Outbox & { send: typeof send } {
  const { listeners, whyUnheard, nudge, announce } = asked;

  async function append(tx: Knex.Transaction, event: NewEvent, at: number): Promise<void> {
    const heard = await listeners(tx, event);
    const unheard = heard.length === 0 ? await whyUnheard(tx, event) : null;
    const seq = await insertEvent(tx, event, { test: false, unheard }, at);
    await deliver(tx, seq, heard, event.subject ?? null, at);
    tx.executionPromise.then(
      () => announce(event.botId),
      () => undefined,
    );
  }

  /** An example event, to one webhook only. Returns the id of its delivery. */
  async function send(tx: Knex.Transaction, event: NewEvent, webhookId: string, at: number): Promise<string> {
    const seq = await insertEvent(tx, event, { test: true, unheard: null }, at);
    const [id] = await deliver(tx, seq, [{ id: webhookId, inOrder: false }], null, at);
    return id!;
  }

  async function deliver(
    tx: Knex.Transaction,
    eventSeq: number,
    heard: Listener[],
    subject: string | null,
    at: number,
  ): Promise<string[]> {
    if (heard.length === 0) return [];
    const isOrdered = subject !== null && heard.some(({ inOrder }) => inOrder);
    const behind = isOrdered ? await webhooksBusyWith(tx, subject) : new Set();
    const rows = heard.map(({ id, inOrder }) => ({
      id: deliveryId(),
      webhook_id: id,
      subject: inOrder ? subject : null,
      next_attempt_at: inOrder && behind.has(id) ? null : at,
    }));
    await tx.raw(
      `INSERT INTO deliveries (id, event_seq, webhook_id, subject, status, next_attempt_at, created_at)
       SELECT id, CAST(? AS bigint), webhook_id, subject, 'pending', next_attempt_at, CAST(? AS bigint)
       FROM ${records(tx, 'made', made)}`,
      [eventSeq, at, JSON.stringify(rows)],
    );
    tx.executionPromise.then(
      () => nudge(heard.map(({ id }) => id)),
      () => undefined,
    );
    return rows.map((row) => row.id);
  }

  return { append, send };
}

const made = { id: 'text', webhook_id: 'text', subject: 'text', next_attempt_at: 'bigint' } as const;

async function insertEvent(
  tx: Knex,
  event: NewEvent,
  { test, unheard }: { test: boolean; unheard: Unheard | null },
  at: number,
): Promise<number> {
  const [row] = await tx('events')
    .insert({
      bot_id: event.botId,
      type: event.type,
      source_id: event.sourceId ?? null,
      subject: event.subject ?? null,
      body: event.body,
      test,
      unheard,
      created_at: at,
    })
    .returning('seq');
  return Number(row.seq);
}

/** Standard Webhooks' `msg_…`; sorts by time, and holds no dot (the signature's separator). */
const deliveryId = () => `msg_${uuid().replaceAll('-', '')}`;
