import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Config } from '../config.js';

export type StoredFile = { id: string; sourceId: string; name: string; bytes: number; createdAt: number };

/** Where uploads lie; what people call a file is never part of a path. */
export const folders = ({ dataDir }: Pick<Config, 'dataDir'>) => ({
  /** Uploads on their way in. */
  incoming: join(dataDir, 'uploads', 'incoming'),
  of: (sourceId: string) => join(dataDir, 'uploads', sourceId),
  path: ({ sourceId, id }: Pick<StoredFile, 'sourceId' | 'id'>) => join(dataDir, 'uploads', sourceId, id),
});

export function fileStore(connection: Knex) {
  const files = () => connection('files');
  return {
    /** By name. */
    async listOf(sourceId: string): Promise<StoredFile[]> {
      return (await files().where({ source_id: sourceId }).orderBy('name')).map(fromRow);
    },
    async find(sourceId: string, id: string): Promise<StoredFile | null> {
      const row = await files().where({ source_id: sourceId, id }).first();
      return row ? fromRow(row) : null;
    },
    async insert(file: StoredFile): Promise<void> {
      await files().insert({
        id: file.id,
        source_id: file.sourceId,
        name: file.name,
        bytes: file.bytes,
        created_at: file.createdAt,
      });
    },
    /** Returns what was removed, if there was one of this name. */
    async removeNamed(sourceId: string, name: string): Promise<StoredFile | null> {
      const row = await files().where({ source_id: sourceId, name }).first();
      if (!row) return null;
      await files().where({ id: row.id }).delete();
      return fromRow(row);
    },
    async remove(id: string): Promise<void> {
      await files().where({ id }).delete();
    },
    async count(sourceId: string): Promise<number> {
      const [row] = await files().where({ source_id: sourceId }).count({ count: '*' });
      return Number(row?.count ?? 0);
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): StoredFile => ({
  id: row.id,
  sourceId: row.source_id,
  name: row.name,
  bytes: Number(row.bytes),
  createdAt: Number(row.created_at),
});
