import type { Knex } from 'knex';
import { isPostgres } from '../records.js';
import type { Asked } from './query.js';

/** The full-text search of a database: its language for queries, and what one of them finds. */
export type Engine = {
  all: (asked: Asked) => string;
  any: (asked: Asked) => string;
  beginnings: (words: string[]) => string;
  /** `id` and `score` (the higher, the better) of at most so many documents of a bot, in any order. */
  matches: (reader: Knex, botKey: string, query: string, most: number) => Knex.QueryBuilder;
};

export const engineOf = (reader: Knex): Engine => (isPostgres(reader) ? tsvector : fts5);

/** A word in the title weighs as much as three in the text. */
const weights = { botKey: 0, title: 3, text: 1, pairs: 1 };

/** SQLite's FTS5 (sqlite.org/fts5.html, 3). Everything is quoted, so that nothing a person types is an operator. */
const fts5: Engine = {
  all: ({ words }) => words.map(inQuotes).join(' AND '),
  any: ({ words, together }) => [...together, ...words].map(inQuotes).join(' OR '),
  beginnings: (words) => words.map((word) => `${inQuotes(word)} *`).join(' OR '),
  matches: (reader, botKey, query, most) =>
    reader('documents_search')
      .whereRaw('documents_search MATCH ?', `bot_key : "${botKey}" AND ({title text pairs} : (${query}))`)
      .limit(most)
      .select('rowid AS id')
      // FTS5 gives the better match the lower rank.
      .select(reader.raw(`-bm25(documents_search, ${Object.values(weights).join(', ')}) AS score`)),
};

/** PostgreSQL's text search (postgresql.org/docs/current/textsearch.html). */
const tsvector: Engine = {
  all: ({ words }) => words.map(asLexeme).join(' & '),
  any: ({ words, together }) => [...together, ...words].map(asLexeme).join(' | '),
  beginnings: (words) => words.map((word) => `${asLexeme(word)}:*`).join(' | '),
  matches: (reader, botKey, query, most) => {
    const bindings = [`'bot:${botKey}'`, query];
    const asked = "(?::tsquery && to_tsquery('hookbell', ?))";
    const rank = `ts_rank('{${weights.text / weights.title},0,0,1}', search, to_tsquery('hookbell', ?), 1)`;
    return reader('documents')
      .whereRaw(`search @@ ${asked}`, bindings)
      .limit(most)
      .select('id')
      .select(reader.raw(`${rank} AS score`, [query]));
  },
};

const inQuotes = (term: string) => `"${term.replaceAll('"', '""')}"`;

/** Without the marks over letters, as the index has it. */
const asLexeme = (term: string) =>
  `'${term
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/['\\]/g, ' ')}'`;
