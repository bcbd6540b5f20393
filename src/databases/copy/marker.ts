import type { Knex } from 'knex';
import { Unusable } from '../unusable.js';

/**
 * How far a copy into this database has come. A row a table, and one for all of it (`all`); written in the
 * transaction of what it tells of, so that a copy that was killed goes on exactly where it was.
 */
export type Progress = { after: unknown[] | null; rows: number; isDone: boolean };

const marker = 'copied';
const all = '*';

export function copyMarker(connection: Knex) {
  const read = async (name: string) => {
    const row = await connection(marker).where({ name }).first('state');
    return row ? JSON.parse(row.state) : null;
  };
  const write = async (name: string, state: object) => {
    await connection(marker)
      .insert({ name, state: JSON.stringify(state) })
      .onConflict('name')
      .merge();
  };
  return {
    /** Of what a copy is, and whether it was proved; null where none was ever begun. */
    async find(): Promise<{ source: string; isDone: boolean } | null> {
      return (await connection.schema.hasTable(marker)) ? read(all) : null;
    },
    async begin(source: string): Promise<void> {
      if (!(await connection.schema.hasTable(marker))) {
        await connection.schema.createTable(marker, (table) => {
          table.text('name').primary();
          table.text('state').notNullable();
        });
      }
      await write(all, { source, isDone: false });
    },
    finish: (source: string) => write(all, { source, isDone: true }),
    progress: async (table: string): Promise<Progress> =>
      (await read(table)) ?? { after: null, rows: 0, isDone: false },
    note: (table: string, progress: Progress) => write(table, progress),
  };
}

/** Nothing should be written into a database into which a copy is on its way. */
export async function refuseHalfCopied(db: Knex): Promise<void> {
  const copy = await copyMarker(db).find();
  if (copy && !copy.isDone) {
    throw new Unusable(
      'The copy into this database did not come to its end: run “hookbell copy” again, which goes on where it was',
    );
  }
}
