import type { Knex } from 'knex';
import { anyBeginning, anyWord } from './query.js';
import { visible } from './rows.js';

/** A passage of a bot's documents; the higher the score (bm25), the better it fits. */
export type Found = { dataSourceId: string; title: string; url: string | null; text: string; score: number };

/** A word in the title weighs as much as three in the text. */
const weights = { botKey: 0, title: 3, text: 1 };

/** The name of a bot in the index: one word to its tokenizer. */
export const botKey = (botId: string) => botId.replaceAll('-', '');

/** Full-text search over what the latest successful sync of each data source of a bot left. Never fails on what is typed. */
export function knowledgeSearch(reader: Knex) {
  return async function search(botId: string, typed: string, limit: number): Promise<Found[]> {
    for (const query of [anyWord(typed), anyBeginning(typed)]) {
      const found = query === null ? [] : await matching(reader, botId, query, limit);
      if (found.length > 0) return found;
    }
    return [];
  };
}

export type KnowledgeSearch = ReturnType<typeof knowledgeSearch>;

/**
 * Only the best matches are looked up in the tables. Versions of rows that cannot be seen (a sync is running) are among
 * them: when too few remain, more matches are taken.
 */
async function matching(reader: Knex, botId: string, query: string, limit: number): Promise<Found[]> {
  const ofBot = `bot_key : "${botKey(botId)}" AND ({title text} : (${query}))`;
  for (let most = limit * 4 + 20; ; most *= 10) {
    const rows = await reader
      .with('best', bestMatches(reader, ofBot, most))
      .select('rows.source_id', 'rows.title', 'rows.url', 'documents.text', 'best.score')
      .from('best')
      .join('documents', 'documents.id', 'best.id')
      .join('rows', 'rows.id', 'documents.row_id')
      .join('data_sources', 'data_sources.id', 'rows.source_id')
      .where('data_sources.bot_id', botId)
      .whereNull('data_sources.deleted_at')
      .where(visible)
      .orderBy('best.score')
      .limit(limit);
    const isAll = rows.length === limit || (await countedUpTo(reader, ofBot, most)) < most;
    if (isAll) return rows.map(fromRow);
  }
}

const matches = (reader: Knex, query: string) =>
  reader('documents_search').whereRaw('documents_search MATCH ?', query);

const bestMatches = (reader: Knex, query: string, most: number) =>
  matches(reader, query)
    .whereRaw('rank MATCH ?', `bm25(${weights.botKey}, ${weights.title}, ${weights.text})`)
    .orderBy('rank')
    .limit(most)
    .select('rowid AS id', 'rank AS score');

async function countedUpTo(reader: Knex, query: string, most: number): Promise<number> {
  const some = matches(reader, query).limit(most).select('rowid').as('some');
  const row = await reader.from(some).count({ count: '*' }).first<{ count: number | string }>();
  return Number(row.count);
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): Found => ({
  dataSourceId: row.source_id,
  title: row.title,
  url: row.url,
  text: row.text,
  // FTS5 gives the better match the lower rank.
  score: -row.score,
});
