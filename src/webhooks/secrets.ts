import { randomBytes } from 'node:crypto';
import type { Actor } from '../accounts/actor.js';
import type { Courier } from '../delivery/courier.js';
import { newSigningSecret } from '../delivery/sign.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import type { AuditedChange } from './auditedChange.js';
import { openedHeaders, type StaticHeaders } from './headers.js';
import { requireOutgoing } from './sound.js';
import { type Webhook, webhookStore } from './store.js';

/** `signingSecret` of an outgoing webhook, `url` of a trigger. */
export type Secrets = { secret: string; signingSecret?: string; url?: string };

type Parts = {
  seenBy: (actor: Actor, id: string) => Promise<Webhook>;
  changed: AuditedChange;
  courier: Pick<Courier, 'wake' | 'hold'>;
};

const hour = 3_600_000;

export const newSecret = () => randomBytes(16).toString('hex');

/** Showing the secrets of a webhook, and changing them. */
export function webhookSecrets(
  { config, reader, vault }: Pick<Deps, 'config' | 'reader' | 'vault'>,
  { seenBy, changed, courier }: Parts,
) {
  const shown = (webhook: Webhook, secret: string, signingSecret: string | null) =>
    shownSecrets(config.publicUrl, webhook, secret, signingSecret);

  /** What was claimed ahead would go out with the old secrets. */
  function claimAnew(id: string): void {
    courier.hold(id);
    courier.wake([id]);
  }

  return {
    /** Shows the secrets once more, and the headers if there are any; that somebody looked is in the audit log. */
    async reveal(id: string, actor: Actor, at: number): Promise<Secrets & { headers?: StaticHeaders }> {
      const webhook = await seenBy(actor, id);
      const sealed = await webhookStore(reader).sealedSecrets(id);
      if (!sealed) throw new NotFound('Webhook');
      await changed(webhook, actor, at, { action: 'webhook.secret-revealed' }, async () => {});
      const signingSecret = sealed.signingSecret && vault.open(sealed.signingSecret);
      return {
        ...shown(webhook, vault.open(sealed.secret), signingSecret),
        ...(webhook.sealedHeaders && { headers: openedHeaders(vault, webhook.sealedHeaders) }),
      };
    },

    /** Until when the signing secret before this one signs too, in ms; null if it does no longer. */
    async oldSignsUntil({ id }: Webhook, at: number): Promise<number | null> {
      const until = (await webhookStore(reader).sealedSecrets(id))?.previousSignsUntil ?? null;
      return until !== null && at < until ? until : null;
    },

    /** The URL of a trigger, for its own page. */
    async urlOf({ id }: Webhook): Promise<string> {
      const sealed = await webhookStore(reader).sealedSecrets(id);
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
      claimAnew(id);
      return shown(webhook, next, null);
    },

    /** Old and new sign both for `overlap` ms. */
    async rotateSigningSecret(
      id: string,
      overlap: number,
      actor: Actor,
      at: number,
      signingSecret = newSigningSecret(),
    ): Promise<{ signingSecret: string }> {
      const webhook = await seenBy(actor, id);
      requireOutgoing(webhook);
      const details = { overlapHours: overlap / hour };
      await changed(webhook, actor, at, { action: 'webhook.signing-secret-rotated', details }, (store) =>
        store.rotateSigningSecret(id, vault.seal(signingSecret), at + overlap, at),
      );
      claimAnew(id);
      return { signingSecret };
    },
  };
}

export function shownSecrets(
  publicUrl: string,
  { id, type }: Webhook,
  secret: string,
  signingSecret: string | null,
): Secrets {
  if (type === 'sync.trigger') return { secret, url: triggerUrl(publicUrl, id, secret) };
  return signingSecret ? { secret, signingSecret } : { secret };
}

const triggerUrl = (publicUrl: string, id: string, secret: string) =>
  `${publicUrl}/api/public/hooks/${id}/${secret}`;
