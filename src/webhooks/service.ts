import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { v4 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { type AuditEntry, auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Courier } from '../delivery/courier.js';
import { newSigningSecret } from '../delivery/sign.js';
import type { Deps } from '../deps.js';
import { Conflict, Invalid, NotFound } from '../errors.js';
import { inOneSentence } from '../net/guard.js';
import type { NewWebhook, WebhookChanges } from './schema.js';
import { type Webhook, webhookStore } from './store.js';

/** `signingSecret` of an outgoing webhook, `url` of a trigger. */
export type Secrets = { secret: string; signingSecret?: string; url?: string };

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
  const newSecret = () => randomBytes(16).toString('hex');

  /** Throws `NotFound`, or `Forbidden` for an agent whom its bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Webhook> {
    const webhook = await webhookStore(db).find(id);
    if (!webhook) throw new NotFound('Webhook');
    await bots.seenBy(actor, webhook.botId);
    return webhook;
  }

  async function requireSound(webhook: Webhook): Promise<void> {
    const { type, dataSourceId, targetUrl, botId } = webhook;
    const isTrigger = type === 'sync.trigger';
    if (isTrigger && !dataSourceId) refuse('dataSourceId', 'Choose the data source that the trigger syncs');
    if (isTrigger && targetUrl) refuse('targetUrl', 'A trigger is called by others and has no target URL');
    if (!isTrigger && !targetUrl) refuse('targetUrl', 'Say where the events are sent');
    if (dataSourceId && !type.startsWith('sync.'))
      refuse('dataSourceId', 'Only sync webhooks have a data source');
    if (dataSourceId && (await sources.find(dataSourceId))?.botId !== botId) {
      refuse('dataSourceId', 'This bot has no such data source');
    }
    const refusal = targetUrl ? await guard.resolve(targetUrl) : null;
    if (refusal) refuse('targetUrl', inOneSentence(refusal));
  }

  /** Changes a webhook and says so in the audit log, in one transaction. */
  async function changed(
    webhook: Webhook,
    actor: Actor,
    at: number,
    entry: Pick<AuditEntry, 'action' | 'details'>,
    change: (store: ReturnType<typeof webhookStore>, tx: Knex.Transaction) => Promise<void>,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      await change(webhookStore(tx), tx);
      const subject = webhook.targetUrl ?? webhook.type;
      await auditLog(tx).record(actor, { ...entry, subject, subjectId: webhook.id }, at);
    });
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
        createdAt: at,
        updatedAt: at,
      };
      await requireSound(webhook);
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
      return { webhook, secrets: shown(webhook, secret, signingSecret) };
    },

    async change(
      id: string,
      { secret, ...changes }: WebhookChanges,
      actor: Actor,
      at: number,
    ): Promise<Webhook> {
      const before = await seenBy(actor, id);
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const after: Webhook = { ...before, ...given, updatedAt: at };
      if (after.enabled && !before.enabled)
        Object.assign(after, { disabledReason: null, failingSince: null, lastError: null });
      await requireSound(after);
      const details = { fields: [...Object.keys(given), ...(secret ? ['secret'] : [])] };
      await changed(after, actor, at, { action: 'webhook.changed', details }, async (store) => {
        await store.update(after);
        if (secret) await store.setSecret(id, vault.seal(secret), at);
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

    /** Shows the secrets once more; that somebody looked is in the audit log. */
    async reveal(id: string, actor: Actor, at: number): Promise<Secrets> {
      const webhook = await seenBy(actor, id);
      const sealed = await webhookStore(db).sealedSecrets(id);
      if (!sealed) throw new NotFound('Webhook');
      await changed(webhook, actor, at, { action: 'webhook.secret-revealed' }, async () => {});
      return shown(
        webhook,
        vault.open(sealed.secret),
        sealed.signingSecret && vault.open(sealed.signingSecret),
      );
    },

    /** The URL of a trigger, for its own page. */
    async urlOf({ id }: Webhook): Promise<string> {
      const sealed = await webhookStore(db).sealedSecrets(id);
      if (!sealed) throw new NotFound('Webhook');
      return triggerUrl(config.publicUrl, id, vault.open(sealed.secret));
    },

    /** A new secret, the caller's or a generated one; the old one is worth nothing from here on. */
    async rotateSecret(id: string, secret: string | undefined, actor: Actor, at: number): Promise<Secrets> {
      const webhook = await seenBy(actor, id);
      const next = secret ?? newSecret();
      await changed(webhook, actor, at, { action: 'webhook.secret-rotated' }, (store) =>
        store.setSecret(id, vault.seal(next), at),
      );
      return shown(webhook, next, null);
    },

    /** Old and new sign both for `overlap` ms. */
    async rotateSigningSecret(
      id: string,
      overlap: number,
      actor: Actor,
      at: number,
    ): Promise<{ signingSecret: string }> {
      const webhook = await seenBy(actor, id);
      requireOutgoing(webhook);
      const signingSecret = newSigningSecret();
      await changed(webhook, actor, at, { action: 'webhook.signing-secret-rotated' }, (store) =>
        store.rotateSigningSecret(id, vault.seal(signingSecret), at + overlap, at),
      );
      return { signingSecret };
    },
  };

  function shown(webhook: Webhook, secret: string, signingSecret: string | null): Secrets {
    if (webhook.type === 'sync.trigger')
      return { secret, url: triggerUrl(config.publicUrl, webhook.id, secret) };
    return signingSecret ? { secret, signingSecret } : { secret };
  }
}

export const triggerUrl = (publicUrl: string, id: string, secret: string) =>
  `${publicUrl}/api/public/hooks/${id}/${secret}`;

export function requireOutgoing(webhook: Webhook): void {
  if (webhook.type === 'sync.trigger')
    throw new Conflict('A trigger is called by others: nothing is sent from it');
}

function refuse(path: string, message: string): never {
  throw new Invalid([{ path, message }]);
}

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
