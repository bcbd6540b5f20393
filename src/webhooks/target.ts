import type { Knex } from 'knex';
import { hookbell } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Vault } from '../vault.js';

/** Where the deliveries of a webhook go, with its secrets in the clear: never to be logged. */
export type Target = {
  id: string;
  botId: string;
  url: string;
  secret: string;
  /** The secrets that sign now: during a rotation's overlap also the old one. */
  signingSecrets: (at: number) => string[];
  /** Sent beside our own; people put credentials there. */
  headers: Record<string, string>;
  /** For a whole attempt, in ms; null: the instance's. */
  timeout: number | null;
  /** Null: no limit. */
  requestsPerSecond: number | null;
  /** Attempts in flight; null: the instance's. */
  concurrency: number | null;
  inOrder: boolean;
};

/** What delivery knows of webhooks: where to send, and how it went. */
export function targetStore(vault: Vault) {
  const opened = new Map<string, { sealed: string; secrets: Secrets }>();

  return {
    /** The targets that may be sent to now; a webhook that is disabled, paused or deleted has none. */
    async find(connection: Knex, ids: string[]): Promise<Map<string, Target>> {
      const rows = await connection('webhooks')
        .whereIn('id', ids)
        .where({ enabled: true })
        .whereNull('paused_at')
        .whereNull('deleted_at')
        .whereNotNull('target_url');
      return new Map(rows.map((row) => [row.id, fromRow(row)]));
    },

    /** `since` counts only if it was not failing before. */
    async failing(connection: Knex, id: string, since: number, error: string): Promise<void> {
      await connection('webhooks')
        .where({ id })
        .where((query) => query.whereNull('failing_since').orWhereNot('last_error', error))
        .update({ failing_since: connection.raw('coalesce(failing_since, ?)', [since]), last_error: error });
    },

    async recovered(connection: Knex, ids: string[]): Promise<void> {
      await connection('webhooks')
        .whereIn('id', ids)
        .whereNotNull('failing_since')
        .update({ failing_since: null, last_error: null });
    },

    async gone(connection: Knex, { id, url }: Target, reason: string, at: number): Promise<void> {
      const disabled = await connection('webhooks')
        .where({ id, enabled: true })
        .update({ enabled: false, disabled_reason: reason, updated_at: at });
      if (disabled === 0) return;
      await auditLog(connection).record(
        hookbell,
        { action: 'webhook.disabled', subject: url, subjectId: id, details: { reason } },
        at,
      );
    },
  };

  // biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
  function fromRow(row: any): Target {
    const { secret, signing, previous, headers } = secretsOf(row);
    const until = Number(row.previous_signs_until ?? 0);
    return {
      id: row.id,
      botId: row.bot_id,
      url: row.target_url,
      secret,
      signingSecrets: (at) => (previous && at < until ? [signing, previous] : [signing]),
      headers,
      timeout: row.timeout_ms,
      requestsPerSecond: row.requests_per_second,
      concurrency: row.concurrency,
      inOrder: Boolean(row.in_order),
    };
  }

  // biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
  function secretsOf(row: any): Secrets {
    const sealed = [row.secret, row.signing_secret, row.previous_signing_secret, row.headers].join(' ');
    const known = opened.get(row.id);
    if (known?.sealed === sealed) return known.secrets;
    const secrets = {
      secret: vault.open(row.secret),
      signing: vault.open(row.signing_secret),
      previous: row.previous_signing_secret && vault.open(row.previous_signing_secret),
      headers: row.headers ? (JSON.parse(vault.open(row.headers)) as Record<string, string>) : {},
    };
    opened.set(row.id, { sealed, secrets });
    return secrets;
  }
}

type Secrets = {
  secret: string;
  signing: string;
  previous: string | null;
  headers: Record<string, string>;
};
