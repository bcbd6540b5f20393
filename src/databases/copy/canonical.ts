import { createHash } from 'node:crypto';

export type Value = string | number | boolean | object | null;
export type Row = Record<string, unknown>;
/** Columns with their types, as PostgreSQL names these. */
export type Columns = Map<string, string>;

const numbers = ['bigint', 'integer', 'smallint', 'double precision', 'numeric'];
const times = ['timestamp with time zone', 'timestamp without time zone'];

/** A value in the one form that both databases can keep, whichever driver gave it. Throws for a type that is new. */
export function canonical(type: string, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (type === 'boolean') return value === true || value === 1;
  if (numbers.includes(type)) return Number(value);
  // Four bytes on PostgreSQL, eight on SQLite.
  if (type === 'real') return Math.fround(Number(value));
  if (times.includes(type)) return new Date(value as string | Date).toISOString();
  if (type === 'json') return typeof value === 'string' ? JSON.parse(value) : (value as object);
  // PostgreSQL refuses NUL in text.
  if (type === 'text' || type === 'character varying') return String(value).replaceAll('\0', '\ufffd');
  throw new Error(`Nothing is known of columns of the type ${type}`);
}

export const canonicalRow = (columns: Columns, row: Row): Record<string, Value> =>
  Object.fromEntries([...columns].map(([name, type]) => [name, canonical(type, row[name])]));

/** Counts rows and sums them up: SHA-256 over one line of JSON a row, columns by name, in the order of the keys. */
export async function sumUp(
  columns: Columns,
  batches: AsyncIterable<Row[]>,
): Promise<{ rows: number; checksum: string }> {
  const byName: Columns = new Map([...columns].sort(([one], [other]) => (one < other ? -1 : 1)));
  const hash = createHash('sha256');
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.length;
    hash.update(batch.map((row) => `${JSON.stringify(canonicalRow(byName, row))}\n`).join(''));
  }
  return { rows, checksum: hash.digest('hex') };
}
