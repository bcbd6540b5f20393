import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';

/** Plain text only: what visitors wrote is in it. */
export type NewMail = { to: string; subject: string; text: string };

export type Mail = NewMail & {
  id: string;
  status: 'pending' | 'sent' | 'failed';
  /** Attempts made, the one under way among them. */
  attempts: number;
  lastError: string | null;
  createdAt: number;
};

export function mailStore(connection: Knex) {
  const table = () => connection('mails');
  return {
    /** Give it the transaction of what the mail tells of. */
    async append({ to, subject, text }: NewMail, at: number): Promise<void> {
      // Text that is not on one line would be a header of its own.
      const oneLine = subject.replace(/\s+/g, ' ').trim().slice(0, 200).toWellFormed();
      await table().insert({
        id: uuid(),
        recipient: to,
        subject: oneLine,
        text,
        status: 'pending',
        next_attempt_at: at,
        created_at: at,
      });
    },

    async find(id: string): Promise<Mail | null> {
      const row = await table().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    /** Takes what is due. Until `until` nobody else takes it; from then on it counts as not sent. */
    async claim(at: number, until: number, limit: number): Promise<Mail[]> {
      const due = () => table().whereRaw("status = 'pending'").where('next_attempt_at', '<=', at);
      const ids = await due().orderBy('next_attempt_at').limit(limit).pluck('id');
      // One at a time and each with its guard: another process may be about to take the same.
      const claimed = [];
      for (const id of ids) {
        claimed.push(
          ...(await due()
            .where({ id })
            .update({ next_attempt_at: until, attempts: connection.raw('attempts + 1') })
            .returning('*')),
        );
      }
      return claimed.map(fromRow);
    },

    /** Only the attempt that was claimed last is written down. */
    async settle(
      { id, attempts }: Mail,
      result: { status: Mail['status']; nextAttemptAt: number | null; error: string | null },
      at: number,
    ): Promise<void> {
      await table()
        .where({ id, attempts })
        .whereRaw("status = 'pending'")
        .update({
          status: result.status,
          next_attempt_at: result.nextAttemptAt,
          last_error: result.error,
          finished_at: result.status === 'pending' ? null : at,
        });
    },

    prune: (finishedBefore: number): Promise<number> =>
      table().whereNotNull('finished_at').where('finished_at', '<', finishedBefore).delete(),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Mail {
  return {
    id: row.id,
    to: row.recipient,
    subject: row.subject,
    text: row.text,
    status: row.status,
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: Number(row.created_at),
  };
}
