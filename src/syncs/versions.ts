import type { Knex } from 'knex';
import { removeSome } from '../knowledge/removal.js';
import { records } from '../records.js';
import type { Memo } from '../sources/connectors/connector.js';
import { type Compared, type NewRow, verdict } from './protocol.js';

/**
 * The rows of one data source, in versions. What is written under a number above `visible` cannot be searched until
 * `data_sources.visible_sync` is set to it.
 */
export type Versions = { sourceId: string; visible: number };

/** A row that can be searched, as the comparison found it. `n` is its place among those compared. */
export type Match = { n: number; id: number; verdict: number; tokens: number; documents: number };

const isVisible =
  'rows.source_id = ? AND rows.since_sync <= ? AND (rows.until_sync IS NULL OR rows.until_sync > ?)';
const visibleOnes = ({ sourceId, visible }: Versions) => [sourceId, visible, visible];

/** The rows among these (`Compared[]`, as JSON) that there are already. */
export async function compare(reader: Knex, versions: Versions, rows: string): Promise<Match[]> {
  const columns: Record<keyof Compared, 'integer' | 'text'> = {
    n: 'integer',
    key: 'text',
    hash: 'text',
    memo: 'text',
  };
  const found = await rowsOf(
    reader,
    // SQLite joins a CROSS JOIN in the order it is written in.
    `SELECT given.n, rows.id, rows.tokens, rows.documents,
       CASE WHEN given.hash IS NOT NULL AND given.hash <> rows.hash THEN ${verdict.changed}
            WHEN given.memo IS NOT NULL AND given.memo <> coalesce(rows.memo, '') THEN ${verdict.keptWithOtherMemo}
            ELSE ${verdict.kept} END AS verdict
     FROM ${records(reader, 'given', columns)} CROSS JOIN rows
     WHERE rows.key = given.key AND ${isVisible}`,
    [rows, ...visibleOnes(versions)],
  );
  return found.map((row) => ({
    n: Number(row.n),
    id: Number(row.id),
    verdict: Number(row.verdict),
    tokens: Number(row.tokens),
    documents: Number(row.documents),
  }));
}

export async function recall(reader: Knex, versions: Versions, key: string): Promise<Memo | null> {
  const row = await reader('rows').where({ key }).whereRaw(isVisible, visibleOnes(versions)).first('memo');
  return row?.memo ? JSON.parse(row.memo) : null;
}

/** The number under which a sync writes its rows. */
export async function takeNumber(db: Knex, { sourceId }: Versions): Promise<number> {
  const [row] = await db('data_sources')
    .where({ id: sourceId })
    .update({ last_sync: db.raw('last_sync + 1') })
    .returning('last_sync');
  return Number(row.last_sync);
}

type Written = {
  rows: string;
  documents: string;
  replaces: boolean;
  number: number;
  botKey: string;
  at: number;
};

/** Writes row versions (`NewRow[]`) with documents (`NewDocument[]`, also of rows written before under this number). */
export async function write(tx: Knex, { sourceId, visible }: Versions, written: Written): Promise<void> {
  const { rows, documents, replaces, number, botKey, at } = written;
  const columns: Record<keyof NewRow, 'integer' | 'text'> = {
    key: 'text',
    hash: 'text',
    title: 'text',
    url: 'text',
    memo: 'text',
    tokens: 'integer',
    documents: 'integer',
  };
  if (replaces) {
    await tx.raw(
      `UPDATE rows SET until_sync = ? WHERE source_id = ? AND since_sync <= ? AND until_sync IS NULL
         AND key IN (SELECT key FROM ${records(tx, 'given', { key: 'text' })})`,
      [number, sourceId, visible, rows],
    );
  }
  const names = Object.keys(columns).join(', ');
  await tx.raw(
    `INSERT INTO rows (source_id, since_sync, changed_at, ${names})
     SELECT CAST(? AS text), CAST(? AS integer), CAST(? AS bigint), ${names} FROM ${records(tx, 'given', columns)}`,
    [sourceId, number, at, rows],
  );
  await tx.raw(
    `INSERT INTO documents (row_id, bot_key, title, text, pairs)
     SELECT rows.id, CAST(? AS text), rows.title, given.text, given.pairs
     FROM ${records(tx, 'given', { key: 'text', text: 'text', pairs: 'text' })} CROSS JOIN rows
     WHERE rows.source_id = ? AND rows.key = given.key AND rows.since_sync = ?`,
    [botKey, documents, sourceId, number],
  );
}

/** Notes the memos of rows that stay as they are (`{key, memo}[]`, as JSON). */
export async function remember(tx: Knex, { sourceId, visible }: Versions, rows: string): Promise<void> {
  await tx.raw(
    // By its id, so that SQLite looks each row up instead of going through all of them.
    `UPDATE rows SET memo = given.memo FROM ${records(tx, 'given', { key: 'text', memo: 'text' })}
     WHERE rows.id = (SELECT own.id FROM rows own WHERE own.source_id = ? AND own.key = given.key
       AND own.since_sync <= ? AND own.until_sync IS NULL)`,
    [rows, sourceId, visible],
  );
}

/** The ids of all rows that can be searched, in pages. */
export async function* visibleIds(reader: Knex, { sourceId, visible }: Versions): AsyncGenerator<number[]> {
  const own = () => reader('rows').where({ source_id: sourceId });
  for (let since = 0; ; ) {
    const next = await own().where('since_sync', '>', since).min({ since: 'since_sync' }).first();
    since = Number(next?.since ?? visible + 1);
    if (since > visible) return;
    for (let last = 0; ; ) {
      // One sync at a time: of a pair (since_sync, id), SQLite takes only the half for a range.
      const rows = await own()
        .where({ since_sync: since })
        .where('id', '>', last)
        .orderBy('id')
        .limit(1_000)
        .select('id', 'until_sync');
      if (rows.length === 0) break;
      last = Number(rows.at(-1).id);
      yield rows
        .filter((row) => row.until_sync === null || row.until_sync > visible)
        .map((row) => Number(row.id));
    }
  }
}

/** What these rows are called. */
export async function named(reader: Knex, ids: number[]): Promise<{ key: string; title: string }[]> {
  return reader('rows').whereIn('id', ids).orderBy('id').select('key', 'title');
}

/** These rows end with the sync of this number. */
export async function end(tx: Knex, ids: number[], number: number): Promise<void> {
  await tx('rows').whereIn('id', ids).update({ until_sync: number });
}

/**
 * Undoes what was written under a number that never became visible: one, or all there are (then nobody else may be
 * writing). Small transactions; stops where the signal says so.
 */
export async function undo(
  db: Knex,
  { sourceId, visible }: Versions,
  number: number | null,
  signal: AbortSignal,
): Promise<void> {
  const under = (column: string) => (query: Knex.QueryBuilder) =>
    number === null
      ? query.where({ source_id: sourceId }).where(column, '>', visible)
      : query.where({ source_id: sourceId, [column]: number });
  while (!signal.aborted && (await removeSome(db, under('since_sync'))));
  const ended = db('rows').modify(under('until_sync')).limit(500).select('id');
  while (!signal.aborted && (await db('rows').whereIn('id', ended).update({ until_sync: null })) > 0);
}

/** Removes the versions that nobody can see any more. */
export async function removeSuperseded(
  db: Knex,
  { sourceId, visible }: Versions,
  signal: AbortSignal,
): Promise<void> {
  const superseded = (query: Knex.QueryBuilder) =>
    query.where({ source_id: sourceId }).where('until_sync', '<=', visible);
  while (!signal.aborted && (await removeSome(db, superseded)));
}

// biome-ignore lint/suspicious/noExplicitAny: rows as the driver gives them
async function rowsOf(connection: Knex, sql: string, bindings: (string | number)[]): Promise<any[]> {
  const answer = await connection.raw(sql, bindings);
  return answer.rows ?? answer;
}
