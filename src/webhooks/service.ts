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
import { webhookPausing } from './pausing.js';
import type { NewWebhook, WebhookChanges } from './schema.js';
import { newSecret, type Secrets, shownSecrets, webhookSecrets } from './secrets.js';
import { refuse, requireFieldsOf, requireSound } from './sound.js';
import type { Standing } from './standing.js';
import { type Webhook, webhookStore } from './store.js';

type Parts = {
  bots: Pick<BotService, 'seenBy' | 'owns'>;
  sources: { find: (id: string) => Promise<{ botId: string } | null> };
  courier: Pick<Courier, 'wake' | 'hold'>;
  standing: Standing;
};

export type WebhookService = ReturnType<typeof webhookService>;

export function webhookService(
  { config, db, reader, vault, guard }: Pick<Deps, 'config' | 'db' | 'reader' | 'vault' | 'guard'>,
  { bots, sources, courier, standing }: Parts,
) {
  const changed = auditedChange(db);

  /** Throws `NotFound`, or `Forbidden` for an agent whom its bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Webhook> {
    const webhook = await webhookStore(reader).find(id);
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
      const count = await webhookStore(reader).count(botId);
      return count === 0
        ? null
        : `${count} ${count === 1 ? 'webhook' : 'webhooks'} with the log of deliveries`;
    },
    remove: (tx, botId, at) => webhookStore(tx).markAllDeleted(botId, at),
  });

  return {
    seenBy,
    ...webhookPausing({ config, db }, { seenBy, standing, courier }),
    ...webhookSecrets({ config, reader, vault }, { seenBy, changed, courier }),

    /** The names of its static headers; their values are secrets. */
    headerNames: ({ sealedHeaders }: Webhook) => Object.keys(openedHeaders(vault, sealedHeaders)),

    listOf: (botId: string, window: Window) => webhookStore(reader).listOf(botId, window),
    countOf: (botId: string) => webhookStore(reader).count(botId),
    unwell: () => webhookStore(reader).unwell(),

    /** `brought`: what it had where it was before. */
    async create(
      botId: string,
      input: NewWebhook,
      actor: Actor,
      at: number,
      brought: { id?: string; signingSecret?: string | undefined } = {},
    ): Promise<{ webhook: Webhook; secrets: Secrets }> {
      const bot = await bots.seenBy(actor, botId);
      requireFieldsOf(input.type, input);
      if (input.type !== 'sync.trigger' && input.id) refuse('id', 'Only a trigger may bring its own id');
      const webhook: Webhook = {
        id: input.id ?? brought.id ?? uuid(),
        botId: bot.id,
        type: input.type,
        dataSourceId: input.dataSourceId ?? null,
        targetUrl: input.targetUrl ?? null,
        enabled: input.enabled,
        disabledReason: null,
        pausedAt: null,
        pauseReason: null,
        probeAt: null,
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
      const signingSecret =
        webhook.type === 'sync.trigger' ? null : (brought.signingSecret ?? newSigningSecret());
      const sealed = {
        secret: vault.seal(secret),
        signingSecret: signingSecret && vault.seal(signingSecret),
      };
      const details = { type: webhook.type, bot: bot.name };
      await changed(webhook, actor, at, { action: 'webhook.created', details }, async (store) => {
        if (input.id) await store.removeDeletedTrigger(input.id);
        if (!(await store.insert(webhook, sealed))) refuse('id', 'Another webhook has this id already');
      });
      return { webhook, secrets: shownSecrets(config.publicUrl, webhook, secret, signingSecret) };
    },

    async change(id: string, input: WebhookChanges, actor: Actor, at: number): Promise<Webhook> {
      const before = await seenBy(actor, id);
      requireFieldsOf(before.type, input);
      const differing = differingFrom(before, input);
      const fields = Object.keys({ ...differing, ...(input.secret && { secret: '' }) });
      const changes = {
        ...differing,
        // Failures paused it, and that may have been the reason.
        ...(differing.targetUrl && before.pauseReason !== null && { probeAt: at }),
        ...(differing.enabled && whenEnabled(before)),
        updatedAt: at,
      };
      const after: Webhook = { ...before, ...changes };
      await requireSound({ guard, sources }, after);
      const details = fields.length > 0 ? { fields: fields.map(nameOfField) } : {};
      await changed(after, actor, at, { action: 'webhook.changed', details }, async (store, tx) => {
        await store.update({ id, ...changes });
        if (input.secret) await store.setSecret(id, vault.seal(input.secret), at);
        if (before.inOrder && !after.inOrder) await letAllGo(tx, id, at);
      });
      // What was claimed ahead would go where it went, with what it had.
      courier.hold(id);
      courier.wake([id]);
      return after;
    },

    async remove(id: string, actor: Actor, at: number): Promise<void> {
      const webhook = await seenBy(actor, id);
      await changed(webhook, actor, at, { action: 'webhook.deleted' }, (store) => store.markDeleted(id, at));
      courier.hold(id);
    },
  };
}

const nameOfField = (name: string) => (name === 'sealedHeaders' ? 'headers' : name);

/** What had gone wrong is forgotten; a person's pause stays. */
const whenEnabled = ({ pauseReason }: Webhook): Partial<Webhook> => ({
  disabledReason: null,
  failingSince: null,
  lastError: null,
  ...(pauseReason !== null && { pausedAt: null, pauseReason: null, probeAt: null }),
});

/** In one word how a webhook is, and in a sentence why. */
export function healthOf(webhook: Webhook): {
  health: 'healthy' | 'failing' | 'paused' | 'disabled';
  reason: string | null;
} {
  if (!webhook.enabled) return { health: 'disabled', reason: webhook.disabledReason };
  if (webhook.pausedAt !== null) {
    const { pauseReason, lastError } = webhook;
    return { health: 'paused', reason: pauseReason && `${pauseReason}; the latest: ${lastError}` };
  }
  if (webhook.failingSince !== null) return { health: 'failing', reason: webhook.lastError };
  return { health: 'healthy', reason: null };
}
