import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import { type AuditEntry, auditLog } from '../accounts/audit.js';
import { type Webhook, webhookStore } from './store.js';

export type AuditedChange = ReturnType<typeof auditedChange>;

/** Changes a webhook and says so in the audit log, in one transaction. */
export function auditedChange(db: Knex) {
  return (
    { id, targetUrl, type }: Pick<Webhook, 'id' | 'targetUrl' | 'type'>,
    actor: Actor,
    at: number,
    entry: Pick<AuditEntry, 'action' | 'details'>,
    change: (store: ReturnType<typeof webhookStore>, tx: Knex.Transaction) => Promise<void>,
  ): Promise<void> =>
    db.transaction(async (tx) => {
      await change(webhookStore(tx), tx);
      await auditLog(tx).record(actor, { ...entry, subject: targetUrl ?? type, subjectId: id }, at);
    });
}
