import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Invalid, NotFound } from '../../errors.js';
import { openSqliteFile } from '../sqlite.js';
import type { Row } from './canonical.js';

export type Table = {
  name: string;
  columns: string[];
  /** The columns of the primary key. */
  key: string[];
  /** Tables that it refers to. */
  parents: string[];
};

export type Source = Awaited<ReturnType<typeof openSource>>;

/** `sqlite:/path/to/hookbell.sqlite`, or the folder it is in. */
export function fileOf(from: string): string {
  const path = resolve(from.replace(/^sqlite:(\/\/(?=\/|\.))?/, ''));
  if (!existsSync(path)) throw new NotFound(path);
  const file = statSync(path).isDirectory() ? join(path, 'hookbell.sqlite') : path;
  if (!existsSync(file)) throw new NotFound(file);
  return file;
}

/** A SQLite database as it is at this moment, whatever is written to it meanwhile. */
export async function openSource(file: string) {
  const db = openSqliteFile(file);
  // One transaction on the only connection. Not Knex's own: that would keep a running server from writing.
  await db.raw('BEGIN');

  async function tables(): Promise<Table[]> {
    const names: { name: string }[] = await db.raw(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
       AND name NOT LIKE 'documents_search%' AND name NOT LIKE 'migrations%' ORDER BY name`,
    );
    const found = await Promise.all(names.map(({ name }) => describe(name)));
    return parentsFirst(found);
  }

  async function describe(name: string): Promise<Table> {
    const columns: { name: string; pk: number }[] = await db.raw(
      'SELECT name, pk FROM pragma_table_info(?)',
      [name],
    );
    const references: { table: string }[] = await db.raw(
      'SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)',
      [name],
    );
    const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
    if (key.length === 0) throw new Error(`The table ${name} has no primary key`);
    return {
      name,
      columns: columns.map((column) => column.name),
      key: key.map((column) => column.name),
      parents: references.map(({ table }) => table).filter((parent) => parent !== name),
    };
  }

  return {
    tables,

    /** What was done to this database, and when: no other one has the same. */
    async history(): Promise<{ id: string; migrations: string[] }> {
      const done = await db('migrations')
        .orderBy('id')
        .select('name', 'migration_time')
        .catch(() => []);
      if (done.length === 0) throw new Invalid([{ path: 'from', message: `${file} is not Hookbell’s` }]);
      const id = createHash('sha256').update(JSON.stringify(done)).digest('hex');
      return { id, migrations: done.map((one: { name: string }) => one.name) };
    },

    count: async ({ name }: Table): Promise<number> => Number((await db(name).count({ n: '*' }))[0]!.n),

    /** Rows in the order of the key, those after `after`. */
    async *batches(table: Table, size: number, after: unknown[] | null = null): AsyncGenerator<Row[]> {
      let last = after;
      for (;;) {
        const rows: Row[] = await db(table.name)
          .select(table.columns)
          .orderBy(table.key)
          .limit(size)
          .modify((query) => {
            if (!last) return;
            const [names, values] = [table.key.map(() => '??').join(), last.map(() => '?').join()];
            query.whereRaw(`(${names}) > (${values})`, [...table.key, ...last] as string[]);
          });
        if (rows.length > 0) yield rows;
        if (rows.length < size) return;
        last = table.key.map((column) => rows.at(-1)![column]);
      }
    },

    /** The highest number that a table ever gave to a row, also to one that is gone; 0 for none. */
    async highest(table: string): Promise<number> {
      const row = await db('sqlite_sequence').where({ name: table }).first('seq');
      return Number(row?.seq ?? 0);
    },

    close: () => db.destroy(),
  };
}

function parentsFirst(tables: Table[]): Table[] {
  const sorted: Table[] = [];
  const waiting = [...tables];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ parents }) =>
      parents.every((parent) => sorted.some(({ name }) => name === parent)),
    );
    if (next < 0) throw new Error(`These tables refer to each other: ${waiting.map(({ name }) => name)}`);
    sorted.push(...waiting.splice(next, 1));
  }
  return sorted;
}
