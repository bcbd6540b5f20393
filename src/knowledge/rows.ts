import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';

/** An item of a data source as it can be searched. `changedAt` in milliseconds. */
export type StoredRow = {
  id: number;
  key: string;
  title: string;
  url: string | null;
  tokens: number;
  documents: number;
  changedAt: number;
  /** The number of the sync that wrote it. */
  since: number;
};

/** Of the versions of a row, the one that the latest successful sync left; `data_sources` must be joined. */
export const visible = (query: Knex.QueryBuilder) =>
  query
    .whereRaw('rows.since_sync <= data_sources.visible_sync')
    .whereRaw('(rows.until_sync IS NULL OR rows.until_sync > data_sources.visible_sync)');

export function rowStore(reader: Knex) {
  return {
    /** The rows that changed last first; `after` is `[since, id]` of the last one seen. */
    async listOf(sourceId: string, { limit, after }: Window): Promise<StoredRow[]> {
      const most = limit + 1;
      const latest = () => ofSource(sourceId).orderBy('rows.since_sync', 'desc').orderBy('rows.id', 'desc');
      if (!after) return (await latest().limit(most)).map(fromRow);
      const [since, id] = after as [number, number];
      // Apart, because SQLite takes only half of a pair (since_sync, id) for a range.
      const same = await latest().where({ since_sync: since }).where('rows.id', '<', id).limit(most);
      const older = await latest()
        .where('since_sync', '<', since)
        .limit(most - same.length);
      return [...same, ...older].map(fromRow);
    },
  };

  function ofSource(sourceId: string) {
    return reader('rows')
      .join('data_sources', 'data_sources.id', 'rows.source_id')
      .where('rows.source_id', sourceId)
      .where(visible)
      .select('rows.*');
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): StoredRow {
  return {
    id: Number(row.id),
    key: row.key,
    title: row.title,
    url: row.url,
    tokens: Number(row.tokens),
    documents: Number(row.documents),
    changedAt: Number(row.changed_at),
    since: Number(row.since_sync),
  };
}
