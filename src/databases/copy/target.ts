import { Conflict } from '../../errors.js';
import { openPostgres } from '../postgres.js';
import { type Columns, canonicalRow, type Row } from './canonical.js';
import { copyMarker, type Progress } from './marker.js';
import type { Source, Table } from './source.js';

const ownBookkeeping = ['migrations', 'migrations_lock', 'chores', 'rate_limits'];

export type Target = Awaited<ReturnType<typeof openTarget>>;

/** A PostgreSQL database that nobody else copies into. Throws `Conflict` while somebody does. */
export async function openTarget(databaseUrl: string) {
  const { db, reader, migrate, close } = openPostgres({ dataDir: '', databaseUrl, isCopying: true });
  // Ends with the connection, so that a copy that was killed lets go.
  const alone = await reader.transaction().catch(async (error) => {
    await close();
    throw error;
  });
  const { rows } = await alone.raw(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('hookbell copy', 0)) AS ours",
  );

  async function leave(): Promise<void> {
    await alone.rollback();
    await close();
  }
  if (!rows[0].ours) {
    await leave();
    throw new Conflict('Another copy into this database is under way');
  }

  /** The name of a table that has rows. */
  async function anyUsed(): Promise<string | null> {
    const { rows: tables } = await db.raw(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1",
    );
    for (const { name } of tables) {
      if (ownBookkeeping.includes(name)) continue;
      if (await db(name).first(db.raw('1'))) return name;
    }
    return null;
  }

  return {
    migrate,
    anyUsed,
    marker: copyMarker(db),
    migrations: (): Promise<string[]> => db('migrations').pluck('name'),
    close: leave,

    /** The columns of a table that are written, with their types. */
    async columnsOf(table: Table): Promise<Columns> {
      const { rows: found } = await db.raw(
        `SELECT column_name AS name, data_type AS type FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = ? AND is_generated = 'NEVER'`,
        [table.name],
      );
      const types = new Map<string, string>(found.map((column: Row) => [column.name, column.type]));
      return new Map(
        table.columns.map((name) => {
          const type = types.get(name);
          if (!type) throw new Conflict(`PostgreSQL has no column ${name} in the table ${table.name}`);
          return [name, type];
        }),
      );
    },

    /** Writes rows, and that they were written. */
    async write(table: Table, columns: Columns, batch: Row[], progress: Progress): Promise<void> {
      const names = [...columns.keys()];
      const list = names.map(() => '??').join(', ');
      await db.transaction(async (tx) => {
        await tx.raw(
          `INSERT INTO ?? (${list}) SELECT ${list} FROM json_populate_recordset(NULL::??, ?::json)`,
          [
            table.name,
            ...names,
            ...names,
            table.name,
            JSON.stringify(batch.map((row) => canonicalRow(columns, row))),
          ],
        );
        await copyMarker(tx).note(table.name, progress);
      });
    },

    /** Rows in the order that SQLite has: of the bytes, in texts. */
    async *batches(table: Table, columns: Columns, size: number): AsyncGenerator<Row[]> {
      const tx = await db.transaction();
      try {
        const order = table.key.map((name) => (isNumber(columns.get(name)!) ? '??' : '?? COLLATE "C"'));
        await tx.raw(
          `DECLARE every_row NO SCROLL CURSOR FOR
           SELECT ${[...columns].map(() => '??').join(', ')} FROM ?? ORDER BY ${order.join(', ')}`,
          [...columns.keys(), table.name, ...table.key],
        );
        for (;;) {
          const { rows: batch } = await tx.raw(`FETCH ${size} FROM every_row`);
          if (batch.length > 0) yield batch;
          if (batch.length < size) return;
        }
      } finally {
        await tx.rollback();
      }
    },

    /** Numbers go on after the highest that was ever given, so that no cursor of a receiver meets an old one again. */
    async goOnCounting(table: Table, source: Source): Promise<void> {
      for (const column of table.key) {
        const { rows: found } = await db.raw('SELECT pg_get_serial_sequence(quote_ident(?), ?) AS sequence', [
          table.name,
          column,
        ]);
        const { sequence } = found[0];
        if (!sequence) continue;
        const highest = await source.highest(table.name);
        if (highest > 0) await db.raw('SELECT setval(?, ?)', [sequence, highest]);
      }
    },

    /** For the plans of the first queries. */
    analyze: (table: Table) => db.raw('ANALYZE ??', [table.name]),
  };
}

const isNumber = (type: string) => type === 'bigint' || type === 'integer';
