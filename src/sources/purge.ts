import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Deps } from '../deps.js';
import { removeSome } from '../knowledge/removal.js';
import { ledgerStore } from '../syncs/ledger.js';
import type { SyncService } from '../syncs/service.js';
import { folders } from './fileStore.js';
import { sourceStore } from './store.js';

/** Small transactions a call: what is left waits for the next one, so that stopping never waits long. */
const stepsAtOnce = 20;
const anHour = 3_600_000;

/** Removes, bit by bit, what belonged to deleted data sources and to those of deleted bots. */
export function purging(
  { config, db }: Pick<Deps, 'config' | 'db'>,
  { syncs }: { syncs: Pick<SyncService, 'drop'> },
): (at: number) => Promise<void> {
  const { incoming, of: folderOf } = folders(config);

  async function deleteWithBots(at: number): Promise<void> {
    const orphans = await db('data_sources')
      .join('bots', 'bots.id', 'data_sources.bot_id')
      .whereNotNull('bots.deleted_at')
      .whereNull('data_sources.deleted_at')
      .limit(100)
      .select('data_sources.id');
    for (const { id } of orphans) {
      await db.transaction(async (tx) => {
        await sourceStore(tx).markDeleted(id, at);
        await syncs.drop(tx, id);
      });
    }
  }

  /** False when the steps did not suffice. */
  async function removeSource(id: string, step: () => boolean): Promise<boolean> {
    const own = (query: Knex.QueryBuilder) => query.where({ source_id: id });
    while (await removeSome(db, own)) if (!step()) return false;
    const some = db('syncs').where({ source_id: id }).limit(500).select('id');
    const listed = some.clone().whereExists(db('sync_rows').where('sync_id', db.ref('syncs.id')));
    while ((await removeListed(listed)) > 0) if (!step()) return false;
    while ((await db('syncs').whereIn('id', some).delete()) > 0) if (!step()) return false;
    await rm(folderOf(id), { recursive: true, force: true });
    await withoutWebhooks(db('data_sources').where({ id })).delete();
    return true;
  }

  async function removeListed(syncs: Knex.QueryBuilder): Promise<number> {
    return ledgerStore(db).remove(await syncs.clone().pluck('id'), 2_000);
  }

  /** The record of a source stays while webhooks refer to it. */
  function withoutWebhooks(query: Knex.QueryBuilder): Knex.QueryBuilder {
    return query.whereNotExists(db('webhooks').where('webhooks.source_id', db.ref('data_sources.id')));
  }

  async function removeGivenUpUploads(at: number): Promise<void> {
    for (const name of await readdir(incoming).catch(() => [])) {
      const path = join(incoming, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: at }));
      if (at - mtimeMs > anHour) await rm(path, { force: true });
    }
  }

  return async function purge(at: number): Promise<void> {
    await deleteWithBots(at);
    let steps = 0;
    const gone = await db('data_sources')
      .whereNotNull('deleted_at')
      .where((any) =>
        any
          .where(withoutWebhooks)
          .orWhereExists(db('rows').where('rows.source_id', db.ref('data_sources.id')))
          .orWhereExists(db('syncs').where('syncs.source_id', db.ref('data_sources.id'))),
      )
      .limit(stepsAtOnce)
      .select('id');
    for (const { id } of gone) {
      if (!(await removeSource(id, () => ++steps < stepsAtOnce))) return;
    }
    await removeGivenUpUploads(at);
  };
}
