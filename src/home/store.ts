import type { Knex } from 'knex';

/** The data sources whose latest sync failed, and why. */
export async function failedSources(reader: Knex): Promise<{ id: string; name: string; reason: string }[]> {
  return reader('data_sources')
    .joinRaw(
      `JOIN syncs ON syncs.id =
         (SELECT id FROM syncs AS own WHERE own.source_id = data_sources.id ORDER BY own.id DESC LIMIT 1)`,
    )
    .whereNull('data_sources.deleted_at')
    .where('syncs.status', 'failed')
    .orderBy('syncs.finished_at', 'desc')
    .limit(20)
    .select('data_sources.id', 'data_sources.name', 'syncs.reason');
}
