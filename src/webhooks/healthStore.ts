import type { Knex } from 'knex';

/** A webhook whose state changed, as those who are told need to know it. */
export type Changed = { id: string; botId: string; type: string; url: string; lastError: string | null };

const columns = ['id', 'bot_id', 'type', 'target_url', 'last_error'];
const notPaused = { paused_at: null, pause_reason: null, probe_at: null, probes: 0 };
const notFailing = { failing_since: null, last_error: null };

/** What delivery notes of how webhooks are. Each change is guarded by the state that it leaves. */
export function healthStore(connection: Knex) {
  const living = () => connection('webhooks').whereNull('deleted_at');
  const pausedByFailures = () => living().whereNotNull('paused_at').whereNotNull('pause_reason');

  return {
    /** Returns true if it was not failing before; only then `since` counts. */
    async failing(id: string, since: number, error: string): Promise<boolean> {
      const begun = await living()
        .where({ id })
        .whereNull('failing_since')
        .update({ failing_since: since, last_error: error });
      if (begun === 0) {
        await living()
          .where({ id })
          .where((query) => query.whereNull('last_error').orWhereNot('last_error', error))
          .update({ last_error: error });
      }
      return begun === 1;
    },

    /** Those of them that are failing or were paused by failures. */
    async unwell(ids: string[]): Promise<string[]> {
      return living()
        .whereIn('id', ids)
        .where((query) => query.whereNotNull('failing_since').orWhereNotNull('pause_reason'))
        .pluck('id');
    },

    /** Those of them that were failing and not paused. */
    async healthy(ids: string[]): Promise<Changed[]> {
      const rows = await living()
        .whereIn('id', ids)
        .whereNotNull('failing_since')
        .update(notFailing)
        .returning(columns);
      return rows.map(fromRow);
    },

    /** Those of them that have been failing since `since` or longer. */
    async pauseFailing(
      ids: string[],
      since: number,
      pause: { reason: string; at: number; probeAt: number },
    ): Promise<Changed[]> {
      const rows = await living()
        .whereIn('id', ids)
        .where({ enabled: true })
        .whereNull('paused_at')
        .where('failing_since', '<=', since)
        .update({
          paused_at: pause.at,
          pause_reason: pause.reason,
          probe_at: pause.probeAt,
          probes: 0,
          updated_at: pause.at,
        })
        .returning(columns);
      return rows.map(fromRow);
    },

    /** Those of them that failures paused; a person's pause stays. */
    async resumeRecovered(ids: string[], at: number): Promise<Changed[]> {
      const rows = await pausedByFailures()
        .whereIn('id', ids)
        .update({ ...notPaused, ...notFailing, updated_at: at })
        .returning(columns);
      return rows.map(fromRow);
    },

    /** A try was in vain. */
    async probed(id: string, nextAt: number, probes: number): Promise<void> {
      await pausedByFailures().where({ id }).update({ probe_at: nextAt, probes });
    },

    /** The try that was to be made until `until` was not: the next one may be at `at`. */
    async untried(id: string, until: number, at: number): Promise<void> {
      await pausedByFailures().where({ id, probe_at: until }).update({ probe_at: at });
    },

    /** Those of them that nothing is sent to at present, whoever paused them. */
    async paused(ids: string[]): Promise<Set<string>> {
      const rows = await living().whereIn('id', ids).whereNotNull('paused_at').select('id');
      return new Set(rows.map((row: { id: string }) => row.id));
    },

    /** Returns null if it was disabled before. */
    async disable(id: string, reason: string, at: number): Promise<Changed | null> {
      const byFailures = 'CASE WHEN pause_reason IS NULL THEN paused_at END';
      const [row] = await living()
        .where({ id, enabled: true })
        .update({
          enabled: false,
          disabled_reason: reason,
          ...notPaused,
          paused_at: connection.raw(byFailures),
          updated_at: at,
        })
        .returning(columns);
      return row ? fromRow(row) : null;
    },

    /** By a person: it stays until a person resumes it, also where failures had paused it. False: it was so before. */
    async pause(id: string, at: number): Promise<boolean> {
      const paused = await living()
        .where({ id })
        .where((query) => query.whereNull('paused_at').orWhereNotNull('pause_reason'))
        .update({ ...notPaused, paused_at: connection.raw('coalesce(paused_at, ?)', [at]), updated_at: at });
      return paused === 1;
    },

    /** By a person: what failed before is forgotten. False: it was not paused. */
    async resume(id: string, at: number): Promise<boolean> {
      const resumed = await living()
        .where({ id })
        .whereNotNull('paused_at')
        .update({ ...notPaused, ...notFailing, updated_at: at });
      return resumed === 1;
    },

    /** A webhook that failures paused is tried at `at`. False: failures did not pause it. */
    async tryAt(id: string, at: number): Promise<boolean> {
      return (await pausedByFailures().where({ id }).update({ probe_at: at })) === 1;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Changed {
  return { id: row.id, botId: row.bot_id, type: row.type, url: row.target_url, lastError: row.last_error };
}

const health = `CASE WHEN NOT enabled THEN 'disabled' WHEN paused_at IS NOT NULL THEN 'paused'
  WHEN failing_since IS NOT NULL THEN 'failing' ELSE 'healthy' END`;

/** How many outgoing webhooks are healthy, failing, paused and disabled. */
export async function webhooksByHealth(connection: Knex): Promise<Map<string, number>> {
  const rows: { health: string; count: number | string }[] = await connection('webhooks')
    .whereNull('deleted_at')
    .whereNotNull('target_url')
    .select(connection.raw(`${health} AS health`), connection.raw('count(*) AS count'))
    .groupByRaw('1');
  const none = ['healthy', 'failing', 'paused', 'disabled'].map((word) => [word, 0] as const);
  return new Map([...none, ...rows.map((row) => [row.health, Number(row.count)] as const)]);
}
