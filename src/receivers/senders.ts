import type { Knex } from 'knex';
import type { Vault } from '../vault.js';
import type { WebhookType } from '../webhooks/catalogue.js';
import type { Sender } from './verdict.js';

export type SendingWebhook = { id: string; botId: string; botName: string; type: WebhookType };

/** The delivery that a request says it is, if it is one of a webhook that sends here. */
export type Known = { messageId: string; webhookId: string };

/** A signature made while the overlap ended may be on its way for a while. */
const onItsWay = 60_000;

/** Which webhooks send to the receiver with this token. */
export function senders(connection: Knex, vault: Pick<Vault, 'open'>) {
  const living = () => connection('webhooks').whereNull('webhooks.deleted_at');
  const targeting = (token: string) => living().where('webhooks.target_url', 'like', `%/inbox/${token}`);
  // LIKE takes `_` for any character, and on SQLite any case.
  const sendsHere = (token: string) => (row: { target_url: string }) =>
    row.target_url.endsWith(`/inbox/${token}`);

  return {
    async list(token: string): Promise<SendingWebhook[]> {
      const rows = await targeting(token)
        .join('bots', 'bots.id', 'webhooks.bot_id')
        .whereNull('bots.deleted_at')
        .orderBy('webhooks.created_at')
        .limit(50)
        .select('webhooks.id', 'webhooks.bot_id', 'webhooks.type', 'webhooks.target_url', 'bots.name');
      return rows
        .filter(sendsHere(token))
        .map((row) => ({ id: row.id, botId: row.bot_id, botName: row.name, type: row.type }));
    },

    /**
     * The webhook whose delivery has this `webhook-id`; else every one that sends here. A webhook that sends
     * elsewhere never counts: nobody learns by trying what its secret is.
     */
    async of(
      token: string,
      messageId: string | null,
      at: number,
    ): Promise<{ known: Known | null; from: Sender[] }> {
      const [own] = messageId
        ? (
            await living()
              .join('deliveries', 'deliveries.webhook_id', 'webhooks.id')
              .where('deliveries.id', messageId)
              .whereNotNull('webhooks.target_url')
              .select('webhooks.*')
          ).filter(sendsHere(token))
        : [];
      if (own && messageId) return { known: { messageId, webhookId: own.id }, from: [senderFrom(own, at)] };
      const rows = (await targeting(token).limit(50)).filter(sendsHere(token));
      return { known: null, from: rows.map((row) => senderFrom(row, at)) };
    },
  };

  // biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
  function senderFrom(row: any, at: number): Sender {
    const previous = row.previous_signing_secret && vault.open(row.previous_signing_secret);
    const signs = previous && at < Number(row.previous_signs_until ?? 0) + onItsWay;
    return {
      webhookId: row.id,
      secret: vault.open(row.secret),
      signing: [vault.open(row.signing_secret), ...(signs ? [previous] : [])],
      retired: previous && !signs ? previous : null,
    };
  }
}
