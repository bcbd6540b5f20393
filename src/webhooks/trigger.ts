import type { Knex } from 'knex';
import { joinQueued } from '../syncs/store.js';

export type Trigger = {
  secret: string;
  enabled: boolean;
  sourceId: string;
  sourceEnabled: boolean;
  /** The id of the sync of its source that waits to be started; null if there is none. */
  queued: string | null;
};

/** What the public trigger route needs, in one read; null if there is no such trigger. */
export async function findTrigger(connection: Knex, id: string): Promise<Trigger | null> {
  const row = await connection('webhooks')
    .whereNull('webhooks.deleted_at')
    .where({ 'webhooks.id': id, 'webhooks.type': 'sync.trigger' })
    .join('data_sources', 'data_sources.id', 'webhooks.source_id')
    .join('bots', 'bots.id', 'webhooks.bot_id')
    .joinRaw(joinQueued('webhooks.source_id'))
    .whereNull('data_sources.deleted_at')
    .whereNull('bots.deleted_at')
    .first(
      'webhooks.secret',
      'webhooks.enabled',
      'webhooks.source_id',
      'data_sources.enabled as source_enabled',
      'syncs.id as queued',
    );
  if (!row) return null;
  return {
    secret: row.secret,
    enabled: Boolean(row.enabled),
    sourceId: row.source_id,
    sourceEnabled: Boolean(row.source_enabled),
    queued: row.queued,
  };
}
