import type { Knex } from 'knex';
import { newestFirst, type Window } from '../api/paging.js';
import type { Listener } from '../outbox/append.js';
import type { NewEvent, Unheard } from '../outbox/event.js';
import type { WebhookType } from './catalogue.js';

export type Webhook = {
  id: string;
  botId: string;
  type: WebhookType;
  dataSourceId: string | null;
  targetUrl: string | null;
  enabled: boolean;
  disabledReason: string | null;
  pausedAt: number | null;
  /** Why failures paused it; null if a person did, or nobody. */
  pauseReason: string | null;
  /** When one delivery is tried, while failures have paused it. */
  probeAt: number | null;
  failingSince: number | null;
  lastError: string | null;
  /** Sealed: credentials may be in them. */
  sealedHeaders: string | null;
  /** Null: no limit. */
  requestsPerSecond: number | null;
  /** Attempts in flight; null: the instance's. */
  concurrency: number | null;
  /** Of a whole attempt; null: the instance's. */
  timeoutSeconds: number | null;
  /** Deliveries of one conversation wait for each other. */
  inOrder: boolean;
  createdAt: number;
  updatedAt: number;
};

/** Sealed by the vault. A trigger has no signing secret. */
export type SealedSecrets = {
  secret: string;
  signingSecret: string | null;
  previousSigningSecret?: string | null;
  previousSignsUntil?: number | null;
};

export function webhookStore(connection: Knex) {
  const living = () => connection('webhooks').whereNull('webhooks.deleted_at');
  return {
    async find(id: string): Promise<Webhook | null> {
      const row = await living().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    async sealedSecrets(id: string): Promise<SealedSecrets | null> {
      const row = await living().where({ id }).first();
      if (!row) return null;
      const previousSignsUntil = row.previous_signs_until === null ? null : Number(row.previous_signs_until);
      return { secret: row.secret, signingSecret: row.signing_secret, previousSignsUntil };
    },

    async listOf(botId: string, window: Window): Promise<Webhook[]> {
      const rows = await living().where({ bot_id: botId }).modify(newestFirst(window));
      return rows.map(fromRow);
    },

    /** False when there is one with this id already. */
    async insert(webhook: Webhook, sealed: SealedSecrets): Promise<boolean> {
      const row = {
        id: webhook.id,
        bot_id: webhook.botId,
        type: webhook.type,
        created_at: webhook.createdAt,
        ...toRow(webhook),
        secret: sealed.secret,
        signing_secret: sealed.signingSecret,
      };
      const inserted = await connection('webhooks').insert(row).onConflict('id').ignore().returning('id');
      return inserted.length === 1;
    },

    /** Its id is free again at once; with it goes no delivery, for a trigger has none. */
    async removeDeletedTrigger(id: string): Promise<void> {
      await connection('webhooks').where({ id, type: 'sync.trigger' }).whereNotNull('deleted_at').delete();
    },

    /** Only what is given: delivery notes health in the same row. */
    async update({ id, ...changes }: Partial<Webhook> & { id: string }): Promise<void> {
      await living().where({ id }).update(toRow(changes));
    },

    async setSecret(id: string, sealed: string, at: number): Promise<void> {
      await living().where({ id }).update({ secret: sealed, updated_at: at });
    },

    /** The old one goes on signing beside the new one until `until`. */
    async rotateSigningSecret(id: string, sealed: string, until: number, at: number): Promise<void> {
      await living()
        .where({ id })
        .update({
          previous_signing_secret: connection.ref('signing_secret'),
          previous_signs_until: until,
          signing_secret: sealed,
          updated_at: at,
        });
    },

    async markDeleted(id: string, at: number): Promise<void> {
      await living().where({ id }).update({ deleted_at: at });
    },

    async markAllDeleted(botId: string, at: number): Promise<void> {
      await living().where({ bot_id: botId }).update({ deleted_at: at });
    },

    /** Those that somebody should look at, the latest changed first. */
    async unwell(): Promise<Webhook[]> {
      const rows = await living()
        .where((query) =>
          query.where({ enabled: false }).orWhereNotNull('paused_at').orWhereNotNull('failing_since'),
        )
        .orderBy('updated_at', 'desc')
        .limit(20);
      return rows.map(fromRow);
    },

    async count(botId: string): Promise<number> {
      const [row] = await living().where({ bot_id: botId }).count({ count: '*' });
      return Number(row?.count ?? 0);
    },

    /** The webhooks that hear an event: of its bot and type, enabled, and of its data source or of all. */
    async listeners(event: NewEvent): Promise<Listener[]> {
      const rows = await living()
        .where({ bot_id: event.botId, type: event.type, enabled: true })
        .where((query) => query.whereNull('source_id').orWhere('source_id', event.sourceId ?? null))
        .select('id', 'in_order');
      return rows.map((row: { id: string; in_order: unknown }) => ({
        id: row.id,
        inOrder: Boolean(row.in_order),
      }));
    },

    /** Why an event has no listeners. */
    async whyUnheard({ botId, type, sourceId = null }: NewEvent): Promise<Unheard> {
      const rows = await living().where({ bot_id: botId, type }).select('source_id');
      if (rows.length === 0) return 'none';
      // One that is enabled and of this source would have heard it.
      return rows.some((row) => row.source_id === null || row.source_id === sourceId)
        ? 'disabled'
        : 'other_source';
    },
  };
}

/** What is left out is undefined, which an update leaves as it is. */
function toRow(webhook: Partial<Webhook>) {
  return {
    source_id: webhook.dataSourceId,
    target_url: webhook.targetUrl,
    enabled: webhook.enabled,
    disabled_reason: webhook.disabledReason,
    paused_at: webhook.pausedAt,
    pause_reason: webhook.pauseReason,
    probe_at: webhook.probeAt,
    failing_since: webhook.failingSince,
    last_error: webhook.lastError,
    headers: webhook.sealedHeaders,
    requests_per_second: webhook.requestsPerSecond,
    concurrency: webhook.concurrency,
    timeout_ms: webhook.timeoutSeconds && webhook.timeoutSeconds * 1000,
    in_order: webhook.inOrder,
    updated_at: webhook.updatedAt,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Webhook {
  const number = (value: number | string | null) => (value === null ? null : Number(value));
  return {
    id: row.id,
    botId: row.bot_id,
    type: row.type,
    dataSourceId: row.source_id,
    targetUrl: row.target_url,
    enabled: Boolean(row.enabled),
    disabledReason: row.disabled_reason,
    pausedAt: number(row.paused_at),
    pauseReason: row.pause_reason,
    probeAt: number(row.probe_at),
    failingSince: number(row.failing_since),
    lastError: row.last_error,
    sealedHeaders: row.headers,
    requestsPerSecond: row.requests_per_second,
    concurrency: row.concurrency,
    timeoutSeconds: row.timeout_ms && row.timeout_ms / 1000,
    inOrder: Boolean(row.in_order),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
