import type { Knex } from 'knex';
import type { Actor } from './actor.js';

/** `action` reads `bot.created`; `subject` is the name people know the thing by. Never put a secret into details. */
export type AuditEntry = { action: string; subject: string; subjectId?: string | null; details?: object };
export type AuditRow = AuditEntry & { id: number; at: number; actor: string };

/** Who changed what. Give it the transaction of the change. */
export function auditLog(connection: Knex) {
  return {
    async record(actor: Actor, entry: AuditEntry, at: number): Promise<void> {
      await connection('audit_log').insert({
        at,
        actor_id: actor.id,
        actor: actor.email ? `${actor.name} (${actor.email})` : actor.name,
        action: entry.action,
        subject: entry.subject,
        subject_id: entry.subjectId ?? null,
        details: JSON.stringify(entry.details ?? {}),
      });
    },

    /** Newest first; `before` is the id of the last row of the page before. */
    async page(limit: number, before: number | null): Promise<AuditRow[]> {
      const rows = await connection('audit_log')
        .modify((query) => {
          if (before !== null) query.where('id', '<', before);
        })
        .orderBy('id', 'desc')
        .limit(limit);
      return rows.map(fromRow);
    },
  };
}

type Row = {
  id: number | string;
  at: number | string;
  actor: string;
  action: string;
  subject: string;
  subject_id: string | null;
  details: string;
};

function fromRow(row: Row): AuditRow {
  return {
    id: Number(row.id),
    at: Number(row.at),
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    subjectId: row.subject_id,
    details: JSON.parse(row.details),
  };
}
