import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import { userStore } from '../accounts/store.js';
import type { Deps } from '../deps.js';
import { mailStore } from '../mail/store.js';
import { type StandingChange, standingMail } from './standingMail.js';

export type Standing = ReturnType<typeof standing>;

/**
 * Tells of it when a webhook is paused, resumed or disabled: the audit log and, where mails are sent, every admin, in
 * the transaction of the change; after its commit the open pages and the metrics.
 */
export function standing(
  { config, live }: Pick<Deps, 'config' | 'live'>,
  count: (state: StandingChange['state'] | 'failing' | 'healthy') => void = () => {},
) {
  function tellPages({ id, botId }: { id: string; botId: string }): void {
    live.publish(`webhook:${id}`, 'delivery');
    live.publish(`bot:${botId}`, 'health');
    live.publish('webhooks', 'health');
  }

  return {
    async changed(tx: Knex.Transaction, change: StandingChange, actor: Actor, at: number): Promise<void> {
      const { webhook, state, reason } = change;
      const entry = { action: `webhook.${state}`, subject: webhook.url, subjectId: webhook.id };
      await auditLog(tx).record(actor, { ...entry, details: reason ? { reason } : {} }, at);
      if (config.smtpUrl) await write(tx, change, actor, at);
      afterCommit(tx, () => {
        count(state);
        tellPages(webhook);
      });
    },

    /** It began to fail, or works again: to be seen and counted, but no news that goes out. */
    wavered(
      tx: Knex.Transaction,
      state: 'failing' | 'healthy',
      webhook: { id: string; botId: string },
    ): void {
      afterCommit(tx, () => {
        count(state);
        tellPages(webhook);
      });
    },
  };

  async function write(tx: Knex, change: StandingChange, actor: Actor, at: number): Promise<void> {
    const { botId, id } = change.webhook;
    const bot = await tx('bots').where({ id: botId }).first('name');
    const [row] = await tx('deliveries')
      .where({ webhook_id: id })
      // Whatever is under way to it waits again when it is not taken.
      .whereIn('status', ['pending', 'sending'])
      .count({ count: '*' });
    const mail = standingMail(change, {
      by: actor,
      botName: bot?.name ?? 'a deleted bot',
      waiting: Number(row?.count ?? 0),
      publicUrl: config.publicUrl,
    });
    for (const admin of await userStore(tx).list()) {
      if (admin.role === 'admin') await mailStore(tx).append({ ...mail, to: admin.email }, at);
    }
  }
}

function afterCommit(tx: Knex.Transaction, then: () => void): void {
  tx.executionPromise.then(then, () => undefined);
}
