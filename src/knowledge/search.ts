import type { Knex } from 'knex';
import { anyBeginning, queriesOf } from './query.js';
import { visible } from './rows.js';

/** A passage of a bot's documents; the higher the score (bm25), the better it fits. */
export type Found = { dataSourceId: string; title: string; url: string | null; text: string; score: number };

/** A word in the title weighs as much as three in the text. */
const weights = { botKey: 0, title: 3, text: 1, pairs: 1 };
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
  const queries = queriesOf(typed);
  if (!queries) return [];
  // To look for documents with any of the words takes much longer where there are many.
  const all = await matching(reader, botId, queries.all, limit);
  if (all.length === limit) return all;
  const any = await matching(reader, botId, queries.any, limit);
  if (any.length > 0) return merged(all, any, limit);
  const beginnings = anyBeginning(typed);
  return beginnings ? matching(reader, botId, beginnings, limit) : [];
}

/**
 * Only the best matches are looked up in the tables. Versions of rows that cannot be seen (a sync is running) are among
 * them: when too few remain, more matches are taken.
 */
async function matching(reader: Knex, botId: string, query: string, limit: number): Promise<Match[]> {
  const ofBot = `bot_key : "${botKey(botId)}" AND ({title text pairs} : (${query}))`;
  for (let most = limit * 4 + 20; ; most = Math.min(most * 10, mostRanked)) {
    const rows = await reader
      .with('best', bestMatches(reader, ofBot, most))
      .select('best.id', 'best.score', 'rows.source_id', 'rows.title', 'rows.url', 'documents.text')
      .from('best')
      .join('documents', 'documents.id', 'best.id')
      .join('rows', 'rows.id', 'documents.row_id')
      .join('data_sources', 'data_sources.id', 'rows.source_id')
      .where('data_sources.bot_id', botId)
      .whereNull('data_sources.deleted_at')
      .where(visible)
      .orderBy('best.score')
      .limit(limit);
    const isAll =
      rows.length === limit || most === mostRanked || (await countedUpTo(reader, ofBot, most)) < most;
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

const matches = (reader: Knex, query: string) =>
  reader('documents_search').whereRaw('documents_search MATCH ?', query);

/** Of so many matches at most (it takes some µs each), the best. */
const bestMatches = (reader: Knex, query: string, most: number) =>
  reader
    .from(
      matches(reader, query)
        .limit(mostRanked)
        .select('rowid AS id')
        .select(reader.raw(`bm25(documents_search, ${Object.values(weights).join(', ')}) AS score`))
        .as('ranked'),
    )
    .orderBy('score')
    .limit(most)
    .select('id', 'score');

async function countedUpTo(reader: Knex, query: string, most: number): Promise<number> {
  const some = matches(reader, query).limit(most).select('rowid').as('some');
  const row = await reader.from(some).count({ count: '*' }).first<{ count: number | string }>();
  return Number(row.count);
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): Match => ({
  id: Number(row.id),
  dataSourceId: row.source_id,
  title: row.title,
  url: row.url,
  text: row.text,
  // FTS5 gives the better match the lower rank.
  score: -row.score,
});
