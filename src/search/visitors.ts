import type { Knex } from 'knex';
import { type Conversation, conversationFromRow, readConversations } from '../conversations/store.js';
import { isPostgres } from '../records.js';
import { spellings } from './words.js';

/** So many are looked at that begin alike, of all bots. */
const mostAlike = 300;
const end = '\u{10FFFF}';

/** Conversations whose visitor's name or e-mail address begins like this, or with this id, the newest first. */
export async function conversationsOf(
  reader: Knex,
  agentId: string | null,
  typed: string,
  limit: number,
): Promise<Conversation[]> {
  const beginning = typed.trim().replace(/\s+/g, ' ').slice(0, 200);
  if ([...beginning].length < 2) return [];
  const found = await Promise.all(
    spellings(beginning).flatMap((spelling) => [
      alike(reader, emailOf(reader), 'user_email IS NOT NULL', spelling),
      alike(reader, nameOf(reader), "user_data <> '{}'", spelling),
    ]),
  );
  const rows = await readConversations(reader)
    .whereIn('conversations.id', [beginning.toLowerCase(), ...new Set(found.flat())])
    .modify((query) => {
      if (agentId)
        query.whereIn(
          'conversations.bot_id',
          reader('bot_agents').where({ user_id: agentId }).select('bot_id'),
        );
    })
    .orderBy('conversations.id', 'desc')
    .limit(limit);
  return rows.map(conversationFromRow);
}

/** Reads an index, and no more of it than it needs. */
async function alike(
  reader: Knex,
  expression: string,
  isIndexed: string,
  spelling: string,
): Promise<string[]> {
  const rows = await reader('conversations')
    .whereRaw(isIndexed)
    .whereRaw(`${expression} >= ? AND ${expression} < ?`, [spelling, spelling + end])
    .orderByRaw(expression)
    .limit(mostAlike)
    .select('id');
  return rows.map(({ id }: { id: string }) => id);
}

// As the indexes have them (migration 24).
const emailOf = (reader: Knex) =>
  isPostgres(reader) ? 'substr(lower(user_email), 1, 200) COLLATE "C"' : 'substr(lower(user_email), 1, 200)';
const nameOf = (reader: Knex) =>
  isPostgres(reader)
    ? 'hookbell_visitor_name(user_data) COLLATE "C"'
    : "substr(lower(json_extract(user_data, '$.name')), 1, 200)";
