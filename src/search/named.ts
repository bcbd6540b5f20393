import type { Knex } from 'knex';
import { cards } from '../webhooks/cards.js';
import { spellings } from './words.js';

/** So many are read of each kind; which of them fit best is decided among these, the newest. */
const most = 200;

export type NamedBot = { id: string; name: string };
export type NamedSource = { id: string; name: string; botName: string };
export type NamedWebhook = {
  id: string;
  type: string;
  targetUrl: string | null;
  botName: string;
  sourceName: string | null;
};

export type NamedReceiver = { id: string; name: string; maker: string | null };

/** What was set up and has a name: it grows with what people make, not with what happens. `agentId`: null sees all. */
export function named(reader: Knex, agentId: string | null) {
  const seen = () =>
    reader('bots')
      .whereNull('bots.deleted_at')
      .modify((query) => {
        if (agentId)
          query.whereIn('bots.id', reader('bot_agents').where({ user_id: agentId }).select('bot_id'));
      })
      .limit(most);

  return {
    bots: (words: string[]): Promise<NamedBot[]> =>
      seen()
        .modify((query) => holdingAll(query, words, ['bots.name'], 'bots.id'))
        .orderBy('bots.id', 'desc')
        .select('bots.id', 'bots.name'),

    sources: (words: string[]): Promise<NamedSource[]> =>
      seen()
        .join('data_sources', 'data_sources.bot_id', 'bots.id')
        .whereNull('data_sources.deleted_at')
        .modify((query) => holdingAll(query, words, ['data_sources.name', 'bots.name'], 'data_sources.id'))
        .orderBy('data_sources.created_at', 'desc')
        .select('data_sources.id', 'data_sources.name', 'bots.name as botName'),

    webhooks: (words: string[]): Promise<NamedWebhook[]> =>
      seen()
        .join('webhooks', 'webhooks.bot_id', 'bots.id')
        .leftJoin('data_sources', 'data_sources.id', 'webhooks.source_id')
        .whereNull('webhooks.deleted_at')
        .modify((query) => {
          const columns = ['webhooks.target_url', 'bots.name', 'data_sources.name'];
          holdingAll(query, words, columns, 'webhooks.id', (word) => ['webhooks.type', typesCalled(word)]);
        })
        .orderBy('webhooks.created_at', 'desc')
        .select(
          'webhooks.id',
          'webhooks.type',
          'webhooks.target_url as targetUrl',
          'bots.name as botName',
          'data_sources.name as sourceName',
        ),

    /** Agents see their own. */
    receivers: (words: string[]): Promise<NamedReceiver[]> =>
      reader('receivers')
        .leftJoin('users', 'users.id', 'receivers.user_id')
        .modify((query) => {
          if (agentId) query.where('receivers.user_id', agentId);
          holdingAll(query, words, ['receivers.name'], 'receivers.id');
        })
        .orderBy('receivers.created_at', 'desc')
        .limit(most)
        .select('receivers.id', 'receivers.name', 'users.name as maker'),
  };
}

/** Every word stands in one of the columns, or is the id, or means one of the values of `also`. */
function holdingAll(
  query: Knex.QueryBuilder,
  words: string[],
  columns: string[],
  id: string,
  also?: (word: string) => [column: string, values: string[]],
): void {
  for (const word of words) {
    query.where((any) => {
      any.where(id, word.toLowerCase());
      for (const column of columns)
        for (const spelling of spellings(word))
          any.orWhereRaw(`lower(${column}) LIKE ? ESCAPE '\\'`, [`%${spelling.replace(/[\\%_]/g, '\\$&')}%`]);
      if (also) any.orWhereIn(...also(word));
    });
  }
}

const typesCalled = (word: string) =>
  cards
    .filter(({ title, type }) => `${title} ${type} webhook`.toLowerCase().includes(word.toLowerCase()))
    .map(({ type }) => type as string);
