import type { Knex } from 'knex';

/** The data sources whose latest sync failed, and why. */
export async function failedSources(
  reader: Knex,
): Promise<{ id: string; name: string; botName: string; reason: string }[]> {
  return reader('data_sources')
    .joinRaw(
      `JOIN syncs ON syncs.id =
         (SELECT id FROM syncs AS own WHERE own.source_id = data_sources.id ORDER BY own.id DESC LIMIT 1)`,
    )
    .join('bots', 'bots.id', 'data_sources.bot_id')
    .whereNull('data_sources.deleted_at')
    .where('syncs.status', 'failed')
    .orderBy('syncs.finished_at', 'desc')
    .limit(20)
    .select('data_sources.id', 'data_sources.name', 'bots.name as botName', 'syncs.reason');
}

/** The names of these bots, by their ids. */
export async function namesOfBots(reader: Knex, ids: string[]): Promise<Map<string, string>> {
  const rows: { id: string; name: string }[] = await reader('bots').whereIn('id', ids).select('id', 'name');
  return new Map(rows.map(({ id, name }) => [id, name]));
}
