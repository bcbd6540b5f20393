import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';

/** A data source as it is stored: `config` sealed by the vault, `memo` as JSON. Times in milliseconds. */
export type StoredSource = {
  id: string;
  botId: string;
  name: string;
  type: string;
  config: string;
  schedule: string | null;
  enabled: boolean;
  nextSyncAt: number | null;
  /** A sync fails when more than so many of a hundred rows do. */
  maxFailedPercent: number;
  /** The number of the sync whose rows can be searched. */
  visible: number;
  memo: string | null;
  rows: number;
  documents: number;
  tokens: number;
  createdAt: number;
  updatedAt: number;
};

export type Usage = { rows: number; documents: number; tokens: number };

export function sourceStore(connection: Knex) {
  const living = () => connection('data_sources').whereNull('data_sources.deleted_at');
  return {
    async find(id: string): Promise<StoredSource | null> {
      const row = await living().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    /** Newest first. */
    async listOf(botId: string, window: Window): Promise<StoredSource[]> {
      const rows = await living()
        .where({ bot_id: botId })
        .modify((query) => {
          if (window.after) query.where('id', '<', window.after[0]!);
        })
        .orderBy('id', 'desc')
        .limit(window.limit + 1);
      return rows.map(fromRow);
    },

    /** All of a bot, by name. */
    async allOf(botId: string): Promise<StoredSource[]> {
      return (await living().where({ bot_id: botId }).orderBy('name').orderBy('id')).map(fromRow);
    },

    /** By name. */
    async namesOf(botId: string): Promise<{ id: string; name: string }[]> {
      return living().where({ bot_id: botId }).orderBy('name').select('id', 'name');
    },

    async insert(source: StoredSource): Promise<void> {
      await connection('data_sources').insert({
        id: source.id,
        bot_id: source.botId,
        type: source.type,
        created_at: source.createdAt,
        ...toRow(source),
      });
    },

    async update(source: StoredSource): Promise<void> {
      await living().where({ id: source.id }).update(toRow(source));
    },

    async markDeleted(id: string, at: number): Promise<void> {
      await living().where({ id }).update({ deleted_at: at, next_sync_at: null });
    },

    /** Those whose schedule says that they run now; of living bots. */
    async due(at: number): Promise<StoredSource[]> {
      const rows = await living()
        .join('bots', 'bots.id', 'data_sources.bot_id')
        .whereNull('bots.deleted_at')
        .where('next_sync_at', '<=', at)
        .orderBy('next_sync_at')
        .limit(100)
        .select('data_sources.*');
      return rows.map(fromRow);
    },

    /** True for the one who moves it on, of however many see that it is due. */
    async moveOn({ id, nextSyncAt }: StoredSource, next: number | null): Promise<boolean> {
      const moved = await living().where({ id, next_sync_at: nextSyncAt }).update({ next_sync_at: next });
      return moved === 1;
    },

    /** What the sources of a bot, or all there are, hold together. */
    async usage(botId: string | null): Promise<Usage> {
      const [row] = await living()
        .modify((query) => {
          if (botId !== null) query.where({ bot_id: botId });
        })
        .sum({ rows: 'row_count', documents: 'document_count', tokens: 'token_count' });
      return {
        rows: Number(row.rows ?? 0),
        documents: Number(row.documents ?? 0),
        tokens: Number(row.tokens ?? 0),
      };
    },
  };
}

function toRow(source: StoredSource) {
  return {
    name: source.name,
    config: source.config,
    schedule: source.schedule,
    enabled: source.enabled,
    next_sync_at: source.nextSyncAt,
    max_failed_percent: source.maxFailedPercent,
    updated_at: source.updatedAt,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): StoredSource {
  return {
    id: row.id,
    botId: row.bot_id,
    name: row.name,
    type: row.type,
    config: row.config,
    schedule: row.schedule,
    enabled: Boolean(row.enabled),
    nextSyncAt: row.next_sync_at === null ? null : Number(row.next_sync_at),
    maxFailedPercent: row.max_failed_percent,
    visible: row.visible_sync,
    memo: row.memo,
    rows: Number(row.row_count),
    documents: Number(row.document_count),
    tokens: Number(row.token_count),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
