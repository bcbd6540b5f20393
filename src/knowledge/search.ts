import type { Knex } from 'knex';
import { engineOf } from './engines.js';
import { beginningsAsked, wordsAsked } from './query.js';
import { visible } from './rows.js';

/** A passage of a bot's documents; the higher the score, the better it fits. */
export type Found = { dataSourceId: string; title: string; url: string | null; text: string; score: number };

const mostRanked = 100_000;

/** With the id of its document. */
type Match = Found & { id: number };

/** The name of a bot in the index: one word to its tokenizer. */
export const botKey = (botId: string) => botId.replaceAll('-', '');

/** Full-text search over what the latest successful sync of each data source of a bot left. Never fails on what is typed. */
export function knowledgeSearch(reader: Knex) {
  return async (botId: string, typed: string, limit: number): Promise<Found[]> =>
    (await bestOf(reader, botId, typed, limit)).map(({ id, ...found }) => found);
}

export type KnowledgeSearch = ReturnType<typeof knowledgeSearch>;

async function bestOf(reader: Knex, botId: string, typed: string, limit: number): Promise<Match[]> {
  const asked = wordsAsked(typed);
  if (!asked) return [];
  const engine = engineOf(reader);
  // To look for documents with any of the words takes much longer where there are many.
  const all = await matching(reader, botId, engine.all(asked), limit);
  if (all.length === limit) return all;
  const any = await matching(reader, botId, engine.any(asked), limit);
  if (any.length > 0) return merged(all, any, limit);
  const beginnings = beginningsAsked(typed);
  return beginnings.length > 0 ? matching(reader, botId, engine.beginnings(beginnings), limit) : [];
}

/**
 * Only the best matches are looked up in the tables. Versions of rows that cannot be seen (a sync is running) are among
 * them: when too few remain, more matches are taken.
 */
async function matching(reader: Knex, botId: string, query: string, limit: number): Promise<Match[]> {
  const matches = (most: number) => engineOf(reader).matches(reader, botKey(botId), query, most);
  for (let most = limit * 4 + 20; ; most = Math.min(most * 10, mostRanked)) {
    const rows = await reader
      .with('best', bestOfAll(reader, matches(mostRanked), most))
      .select('best.id', 'best.score', 'rows.source_id', 'rows.title', 'rows.url', 'documents.text')
      .from('best')
      .join('documents', 'documents.id', 'best.id')
      .join('rows', 'rows.id', 'documents.row_id')
      .join('data_sources', 'data_sources.id', 'rows.source_id')
      .where('data_sources.bot_id', botId)
      .whereNull('data_sources.deleted_at')
      .where(visible)
      .orderBy('best.score', 'desc')
      .limit(limit);
    const isAll =
      rows.length === limit || most === mostRanked || (await counted(reader, matches(most))) < most;
    if (isAll) return rows.map(fromRow);
  }
}

/** Both, each document once, the best first. */
function merged(some: Match[], others: Match[], limit: number): Match[] {
  const known = new Set(some.map(({ id }) => id));
  return [...some, ...others.filter(({ id }) => !known.has(id))]
    .sort((one, other) => other.score - one.score)
    .slice(0, limit);
}

/** It takes some µs to rank each. */
const bestOfAll = (reader: Knex, matches: Knex.QueryBuilder, most: number) =>
  reader.from(matches.as('ranked')).orderBy('score', 'desc').limit(most).select('id', 'score');

async function counted(reader: Knex, matches: Knex.QueryBuilder): Promise<number> {
  const row = await reader
    .from(matches.clearSelect().select(reader.raw('1')).as('some'))
    .count({ count: '*' })
    .first<{ count: number | string }>();
  return Number(row.count);
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): Match => ({
  id: Number(row.id),
  dataSourceId: row.source_id,
  title: row.title,
  url: row.url,
  text: row.text,
  score: Number(row.score),
});
