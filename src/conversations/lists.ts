import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';
import type { State } from './states.js';
import { type Conversation, conversationFromRow, readConversations } from './store.js';

export type Filter = { state?: State | undefined; channelType?: string | undefined; q?: string | undefined };

/** A conversation in a list, with what the visitor said last. */
export type Listed = Conversation & { preview: string | null };

/** A page; `next` is where the page after it begins, null at the end. A page of a search may be short, or empty. */
export type Page = { rows: Listed[]; next: (string | number)[] | null };

/** So many conversations are looked through for one page of a search. */
const searched = 2000;

const preview = `(SELECT substr(content, 1, 200) FROM messages
  WHERE messages.conversation_id = conversations.id AND sender = 'visitor' ORDER BY number DESC LIMIT 1) AS preview`;

/** Escalated ones first, those that wait the longest on top; then those that an agent has. */
const urgency = `CASE conversations.state WHEN 'Escalated' THEN 0 ELSE 100000000000000 END + conversations.state_since`;

export function conversationLists(connection: Knex) {
  const rows = () => readConversations(connection).select(connection.raw(preview));

  function matching(
    query: Knex.QueryBuilder,
    botId: string,
    { state, channelType }: Filter,
    after: string | null,
  ) {
    query.where('conversations.bot_id', botId);
    if (state) query.where('conversations.state', state);
    if (channelType) query.where('conversations.channel_type', channelType);
    if (after) query.where('conversations.id', '<', after);
  }

  return {
    /** Newest first. */
    async ofBot(botId: string, filter: Filter, window: Window): Promise<Page> {
      const after = window.after ? String(window.after[0]) : null;
      const end = filter.q ? await this.endOfSearch(botId, filter, after) : null;
      const found = await rows()
        .modify((query) => matching(query, botId, filter, after))
        .modify((query) => {
          if (filter.q) query.whereExists(messagesWith(connection, filter.q));
          if (end) query.where('conversations.id', '>=', end);
        })
        .orderBy('conversations.id', 'desc')
        .limit(window.limit + 1);
      const listed = found.map(fromRow);
      if (listed.length > window.limit) {
        const shown = listed.slice(0, window.limit);
        return { rows: shown, next: [shown.at(-1)!.id] };
      }
      return { rows: listed, next: end ? [end] : null };
    },

    /** The id at which a page of a search stops looking; null if it reaches the last conversation. */
    async endOfSearch(botId: string, filter: Filter, after: string | null): Promise<string | null> {
      const row = await connection('conversations')
        .modify((query) => matching(query, botId, filter, after))
        .orderBy('conversations.id', 'desc')
        .offset(searched - 1)
        .first('conversations.id');
      return row?.id ?? null;
    },

    /** Those that need a human, of the bots given to this agent; null: of all bots. */
    async inbox(agentId: string | null, window: Window): Promise<Page> {
      const found = await rows()
        .select(connection.raw(`${urgency} AS urgency`))
        .whereRaw("conversations.state IN ('Escalated', 'Active')")
        .modify((query) => {
          if (agentId) query.whereIn('conversations.bot_id', givenTo(connection, agentId));
          if (window.after) query.whereRaw(`(${urgency}, conversations.id) > (?, ?)`, window.after);
        })
        .orderBy([{ column: 'urgency' }, { column: 'conversations.id' }])
        .limit(window.limit + 1);
      const shown = found.slice(0, window.limit);
      const last = shown.at(-1);
      return {
        rows: shown.map(fromRow),
        next: found.length > window.limit && last ? [Number(last.urgency), last.id] : null,
      };
    },

    /** How many wait for a human. */
    async waiting(agentId: string | null): Promise<number> {
      const [row] = await connection('conversations')
        .join('bots', 'bots.id', 'conversations.bot_id')
        .whereNull('bots.deleted_at')
        .whereRaw("conversations.state = 'Escalated'")
        .modify((query) => agentId && query.whereIn('conversations.bot_id', givenTo(connection, agentId)))
        .count({ count: '*' });
      return Number(row?.count ?? 0);
    },
  };
}

const givenTo = (connection: Knex, userId: string) =>
  connection('bot_agents').where({ user_id: userId }).select('bot_id');

/** Without regard to case; on SQLite only of the letters a to z. */
function messagesWith(connection: Knex, text: string) {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return connection('messages')
    .select('messages.id')
    .whereRaw('messages.conversation_id = conversations.id')
    .whereRaw("lower(messages.content) LIKE lower(?) ESCAPE '\\'", [pattern]);
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): Listed => ({ ...conversationFromRow(row), preview: row.preview });
