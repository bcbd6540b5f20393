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
    /** The rows that changed last first. */
    async listOf(sourceId: string, window: Window): Promise<StoredRow[]> {
      const rows = await reader('rows')
        .join('data_sources', 'data_sources.id', 'rows.source_id')
        .where('rows.source_id', sourceId)
        .where(visible)
        .modify((query) => {
          if (window.after) query.whereRaw('(rows.since_sync, rows.id) < (?, ?)', window.after);
        })
        .orderBy([
          { column: 'rows.since_sync', order: 'desc' },
          { column: 'rows.id', order: 'desc' },
        ])
        .limit(window.limit + 1)
        .select('rows.*');
      return rows.map(fromRow);
    },
  };
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
