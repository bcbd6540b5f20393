import { v4 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import type { Window } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Courier } from '../delivery/courier.js';
import { newSigningSecret } from '../delivery/sign.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { letAllGo } from '../outbox/order.js';
import { auditedChange } from './auditedChange.js';
import { mergedHeaders, openedHeaders, sealedHeaders } from './headers.js';
import type { NewWebhook, WebhookChanges } from './schema.js';
import { newSecret, type Secrets, shownSecrets, webhookSecrets } from './secrets.js';
import { requireFieldsOf, requireOutgoing, requireSound } from './sound.js';
import { type Webhook, webhookStore } from './store.js';

type Parts = {
  bots: Pick<BotService, 'seenBy' | 'owns'>;
  sources: { find: (id: string) => Promise<{ botId: string } | null> };
  courier: Pick<Courier, 'wake' | 'hold'>;
};

export type WebhookService = ReturnType<typeof webhookService>;

export function webhookService(
  { config, db, vault, guard }: Pick<Deps, 'config' | 'db' | 'vault' | 'guard'>,
  { bots, sources, courier }: Parts,
) {
  const changed = auditedChange(db);

  /** Throws `NotFound`, or `Forbidden` for an agent whom its bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Webhook> {
    const webhook = await webhookStore(db).find(id);
    if (!webhook) throw new NotFound('Webhook');
    await bots.seenBy(actor, webhook.botId);
    return webhook;
  }

  function differingFrom(before: Webhook, { secret, headers, ...rest }: WebhookChanges): Partial<Webhook> {
    const stored = openedHeaders(vault, before.sealedHeaders);
    const wanted = headers ? mergedHeaders(headers, stored) : stored;
    const isSame = JSON.stringify(wanted) === JSON.stringify(stored);
    const given = { ...rest, ...(!isSame && { sealedHeaders: sealedHeaders(vault, wanted) }) };
    const differing = Object.entries(given).filter(
      ([name, value]) => value !== undefined && value !== before[name as keyof Webhook],
    );
    return Object.fromEntries(differing);
  }

  bots.owns({
    async describe(botId) {
      const count = await webhookStore(db).count(botId);
      return count === 0
        ? null
        : `${count} ${count === 1 ? 'webhook' : 'webhooks'} with the log of deliveries`;
    },
    remove: (tx, botId, at) => webhookStore(tx).markAllDeleted(botId, at),
  });

  return {
    seenBy,
    ...webhookSecrets({ config, db, vault }, { seenBy, changed }),

    /** The names of its static headers; their values are secrets. */
    headerNames: ({ sealedHeaders }: Webhook) => Object.keys(openedHeaders(vault, sealedHeaders)),

    listOf: (botId: string, window: Window) => webhookStore(db).listOf(botId, window),
    countOf: (botId: string) => webhookStore(db).count(botId),
    unwell: () => webhookStore(db).unwell(),

    async create(
      botId: string,
      input: NewWebhook,
      actor: Actor,
      at: number,
    ): Promise<{ webhook: Webhook; secrets: Secrets }> {
      const bot = await bots.seenBy(actor, botId);
      requireFieldsOf(input.type, input);
      const webhook: Webhook = {
        id: uuid(),
        botId: bot.id,
        type: input.type,
        dataSourceId: input.dataSourceId ?? null,
        targetUrl: input.targetUrl ?? null,
        enabled: input.enabled,
        disabledReason: null,
        pausedAt: null,
        failingSince: null,
        lastError: null,
        sealedHeaders: sealedHeaders(vault, mergedHeaders(input.headers ?? {}, {})),
        requestsPerSecond: input.requestsPerSecond ?? null,
        concurrency: input.concurrency ?? null,
        timeoutSeconds: input.timeoutSeconds ?? null,
        inOrder: input.inOrder ?? true,
        createdAt: at,
        updatedAt: at,
      };
      await requireSound({ guard, sources }, webhook);
      const secret = input.secret ?? newSecret();
      const signingSecret = webhook.type === 'sync.trigger' ? null : newSigningSecret();
      const sealed = {
        secret: vault.seal(secret),
        signingSecret: signingSecret && vault.seal(signingSecret),
      };
      const details = { type: webhook.type, bot: bot.name };
      await changed(webhook, actor, at, { action: 'webhook.created', details }, (store) =>
        store.insert(webhook, sealed),
      );
      return { webhook, secrets: shownSecrets(config.publicUrl, webhook, secret, signingSecret) };
    },

    async change(id: string, input: WebhookChanges, actor: Actor, at: number): Promise<Webhook> {
      const before = await seenBy(actor, id);
      requireFieldsOf(before.type, input);
      const differing = differingFrom(before, input);
      const fields = Object.keys({ ...differing, ...(input.secret && { secret: '' }) });
      const forgotten = { disabledReason: null, failingSince: null, lastError: null };
      const changes = { ...differing, ...(differing.enabled && forgotten), updatedAt: at };
      const after: Webhook = { ...before, ...changes };
      await requireSound({ guard, sources }, after);
      const details = fields.length > 0 ? { fields: fields.map(nameOfField) } : {};
      await changed(after, actor, at, { action: 'webhook.changed', details }, async (store, tx) => {
        await store.update({ id, ...changes });
        if (input.secret) await store.setSecret(id, vault.seal(input.secret), at);
        if (before.inOrder && !after.inOrder) await letAllGo(tx, id, at);
      });
      after.enabled && after.pausedAt === null ? courier.wake([id]) : courier.hold(id);
      return after;
    },

    async remove(id: string, actor: Actor, at: number): Promise<void> {
      const webhook = await seenBy(actor, id);
      await changed(webhook, actor, at, { action: 'webhook.deleted' }, (store) => store.markDeleted(id, at));
      courier.hold(id);
    },

    /** Events wait and are kept until `resume`. */
    async pause(id: string, actor: Actor, at: number): Promise<Webhook> {
      const webhook = await seenBy(actor, id);
      requireOutgoing(webhook);
      if (webhook.pausedAt !== null) return webhook;
      const paused = { ...webhook, pausedAt: at, updatedAt: at };
      await changed(paused, actor, at, { action: 'webhook.paused' }, (store) => store.update(paused));
      courier.hold(id);
      return paused;
    },

    async resume(id: string, actor: Actor, at: number): Promise<Webhook> {
      const webhook = await seenBy(actor, id);
      requireOutgoing(webhook);
      if (webhook.pausedAt === null) return webhook;
      const resumed = { ...webhook, pausedAt: null, updatedAt: at };
      await changed(resumed, actor, at, { action: 'webhook.resumed' }, (store) => store.update(resumed));
      courier.wake([id]);
      return resumed;
    },
  };
}

const nameOfField = (name: string) => (name === 'sealedHeaders' ? 'headers' : name);

/** In one word how a webhook is, and in a sentence why. */
export function healthOf(webhook: Webhook): {
  health: 'healthy' | 'failing' | 'paused' | 'disabled';
  reason: string | null;
} {
  if (!webhook.enabled) return { health: 'disabled', reason: webhook.disabledReason };
  if (webhook.pausedAt !== null) return { health: 'paused', reason: webhook.lastError };
  if (webhook.failingSince !== null) return { health: 'failing', reason: webhook.lastError };
  return { health: 'healthy', reason: null };
}
