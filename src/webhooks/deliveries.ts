import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { Courier } from '../delivery/courier.js';
import type { Deps } from '../deps.js';
import { Conflict, NotFound } from '../errors.js';
import type { createOutbox } from '../outbox/append.js';
import { type Delivery, type DeliveryStatus, deliveryStore, type RecordedAttempt } from '../outbox/store.js';
import { eventType } from './catalogue.js';
import { explained } from './explained.js';
import type { WebhookService } from './service.js';
import type { Revealed } from './shell.js';
import { requireOutgoing } from './sound.js';
import { webhookStore } from './store.js';

type Parts = {
  webhooks: Pick<WebhookService, 'seenBy'>;
  outbox: Pick<ReturnType<typeof createOutbox>, 'send'>;
  courier: Pick<Courier, 'wake'>;
};

type WithAttempts = { delivery: Delivery; attempts: RecordedAttempt[] };

export type DeliveryService = ReturnType<typeof deliveryService>;

/** What people do with deliveries: look, send again, try out. */
export function deliveryService(
  { db, reader, vault }: Pick<Deps, 'db' | 'reader' | 'vault'>,
  { webhooks, outbox, courier }: Parts,
) {
  async function seenBy(actor: Actor, id: string): Promise<Delivery> {
    const delivery = await deliveryStore(reader).find(id);
    if (!delivery) throw new NotFound('Delivery');
    await webhooks.seenBy(actor, delivery.webhookId);
    return delivery;
  }

  return {
    listOf: (webhookId: string, status: DeliveryStatus | null, window: Window) =>
      deliveryStore(reader).listOf(webhookId, status, window),

    waiting: (webhookId: string) => deliveryStore(reader).waiting(webhookId),

    async withAttempts(actor: Actor, id: string): Promise<WithAttempts> {
      const delivery = await seenBy(actor, id);
      return { delivery, attempts: await deliveryStore(reader).attemptsOf(delivery.seq) };
    },

    /** How the attempt of this number, else the latest, was signed, and how to repeat it; null before the first. */
    async explain(
      { delivery, attempts }: WithAttempts,
      number: number | null,
      revealed: Revealed | null,
    ): Promise<ReturnType<typeof explained> | null> {
      const attempt = attempts.find((one) => one.attempt === number) ?? attempts.at(-1);
      const sealed = await webhookStore(reader).sealedSecrets(delivery.webhookId);
      if (!attempt || !sealed?.signingSecret) return null;
      return explained(delivery, attempt, vault.open(sealed.signingSecret), revealed);
    },

    /** The documented example, through the real outbox. */
    async sendTest(webhookId: string, actor: Actor, at: number): Promise<Delivery> {
      const webhook = await webhooks.seenBy(actor, webhookId);
      requireOutgoing(webhook);
      if (!webhook.enabled) throw new Conflict('This webhook is disabled: enable it first');
      const { type, botId } = webhook;
      const body = JSON.stringify(eventType(type)?.example);
      const id = await db.transaction(async (tx) => {
        await auditLog(tx).record(
          actor,
          { action: 'webhook.tested', subject: webhook.targetUrl ?? type, subjectId: webhookId },
          at,
        );
        return outbox.send(tx, { botId, type, body }, webhookId, at);
      });
      return seenBy(actor, id);
    },

    /** The same delivery, with the same id, from the start of the schedule. */
    async redeliver(id: string, actor: Actor, at: number): Promise<Delivery> {
      const delivery = await seenBy(actor, id);
      const webhook = await webhooks.seenBy(actor, delivery.webhookId);
      if (!webhook.enabled) throw new Conflict('The webhook is disabled: enable it first');
      const again = await db.transaction(async (tx) => {
        await auditLog(tx).record(
          actor,
          { action: 'delivery.redelivered', subject: webhook.targetUrl ?? webhook.type, subjectId: id },
          at,
        );
        return deliveryStore(tx).sendAgain(id, at);
      });
      if (!again) throw new Conflict('This delivery is being sent at this moment');
      courier.wake([delivery.webhookId]);
      return seenBy(actor, id);
    },
  };
}
