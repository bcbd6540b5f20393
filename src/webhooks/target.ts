import type { Knex } from 'knex';
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
  /** Failures paused it, and this is a try: how many were in vain before. */
  probe: { before: number } | null;
};

/** Where delivery may send to. */
export function targetStore(vault: Vault) {
  const opened = new Map<string, { sealed: string; secrets: Secrets }>();

  return {
    /** The targets that may be sent to now; a webhook that is disabled, paused or deleted has none. */
    async find(connection: Knex, ids: string[]): Promise<Map<string, Target>> {
      const rows = await living(connection, ids).whereNull('paused_at').whereNotNull('target_url');
      return new Map(rows.map((row) => [row.id, fromRow(row)]));
    },

    /**
     * Of those that failures paused, the ones that it is time to try and that have something due. Until `until`
     * nobody else tries them.
     */
    async findToTry(
      connection: Knex,
      ids: string[],
      at: number,
      until: number,
    ): Promise<Map<string, Target>> {
      if (ids.length === 0) return new Map();
      const rows = await living(connection, ids)
        .whereNotNull('paused_at')
        .whereNotNull('pause_reason')
        .where('probe_at', '<=', at)
        .whereExists(
          connection('deliveries')
            .whereRaw("deliveries.webhook_id = webhooks.id AND deliveries.status = 'pending'")
            .where('next_attempt_at', '<=', at)
            .select(connection.raw('1')),
        )
        .update({ probe_at: until })
        .returning('*');
      return new Map(rows.map((row) => [row.id, { ...fromRow(row), probe: { before: row.probes } }]));
    },
  };

  function living(connection: Knex, ids: string[]) {
    return connection('webhooks').whereIn('id', ids).where({ enabled: true }).whereNull('deleted_at');
  }

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
      probe: null,
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
