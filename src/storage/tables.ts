import type { Knex } from 'knex';

/** A table, or an index with the table it belongs to. Bytes as they lie in the file, rows of tables only. */
export type Part = { name: string; table: string; isIndex: boolean; bytes: number; rows: number };

type Named = { name: string; tbl_name: string; type: string };

/**
 * Sizes of every table and index of SQLite, by its own count of pages (dbstat). Each is one short read of its own, so
 * that neither the log of writes nor the other readers wait for all of them.
 */
export async function measureTables(reader: Knex): Promise<Part[]> {
  const parts: Part[] = [];
  const named: Named[] = await reader.raw(
    "SELECT name, tbl_name, type FROM sqlite_schema WHERE rootpage > 0 AND type IN ('table', 'index')",
  );
  for (const { name, tbl_name: table, type } of named) {
    // What is in the leaves of a table's tree are its rows.
    const [size] = await reader.raw(
      `SELECT coalesce(sum(pgsize), 0) AS bytes, coalesce(sum(CASE pagetype WHEN 'leaf' THEN ncell END), 0) AS rows
       FROM dbstat WHERE name = ?`,
      [name],
    );
    parts.push({ name, table, isIndex: type === 'index', bytes: size.bytes, rows: size.rows });
  }
  return parts;
}

/** What people call what is in the tables; the first pattern that fits counts. */
const kinds: {
  name: string;
  about: string;
  colour: string;
  tables: RegExp;
  counts?: string;
  unit?: string;
}[] = [
  {
    name: 'Delivery log',
    about: 'Events, their deliveries, and each attempt with what was answered',
    colour: 'blue',
    tables: /^(events|deliveries|attempts)/,
    counts: 'deliveries',
    unit: 'delivery, deliveries',
  },
  {
    name: 'Knowledge',
    about: 'Rows and documents of the data sources, and the index that is searched',
    colour: 'green',
    tables: /^(rows|documents|data_sources|files)/,
    counts: 'documents',
    unit: 'document, documents',
  },
  {
    name: 'Conversations',
    about: 'What visitors, bots and agents wrote',
    colour: 'purple',
    tables: /^(conversations|messages)/,
    counts: 'messages',
    unit: 'message, messages',
  },
  {
    name: 'Sync history',
    about: 'Each run of a data source, and how it went',
    colour: 'cyan',
    tables: /^sync/,
    counts: 'syncs',
    unit: 'sync, syncs',
  },
  {
    name: 'Test receivers',
    about: 'Requests that the built-in test receivers got',
    colour: 'orange',
    tables: /^receiv/,
  },
  {
    name: 'Audit log',
    about: 'Who changed what',
    colour: 'yellow',
    tables: /^audit_log/,
    counts: 'audit_log',
    unit: 'entry, entries',
  },
  {
    name: 'Everything else',
    about: 'Users, sessions, bots, webhooks, figures, mails',
    colour: 'secondary',
    tables: /./,
  },
];

export type Share = {
  name: string;
  about: string;
  /** A colour of Tabler's. */
  colour: string;
  bytes: number;
  /** Of which indexes. */
  indexBytes: number;
  /** How many of what counts most, in one word each for one and for many; null where nothing is counted. */
  counted: { count: number; one: string; many: string } | null;
  parts: Part[];
};

/** The tables in words for people, in the order of `kinds`; those that hold nothing are left out. */
export function shares(parts: Part[]): Share[] {
  const kindOf = (part: Part) => kinds.find(({ tables }) => tables.test(part.table));
  return kinds.flatMap((kind) => {
    const own = parts.filter((part) => kindOf(part) === kind).sort((one, other) => other.bytes - one.bytes);
    if (own.length === 0) return [];
    const [one = '', many = ''] = kind.unit?.split(', ') ?? [];
    const count = own.find(({ name }) => name === kind.counts)?.rows;
    return {
      name: kind.name,
      about: kind.about,
      colour: kind.colour,
      bytes: sum(own),
      indexBytes: sum(own.filter(({ isIndex }) => isIndex)),
      counted: count === undefined ? null : { count, one, many },
      parts: own,
    };
  });
}

const sum = (parts: Part[]) => parts.reduce((total, { bytes }) => total + bytes, 0);
