import type { Knex } from 'knex';
import { newestFirst, type Window } from '../api/paging.js';

export type Channel = {
  id: string;
  botId: string;
  name: string;
  channelType: string;
  enabled: boolean;
  /** Sealed by the vault. */
  secret: string;
  createdAt: number;
  updatedAt: number;
};

export function channelStore(connection: Knex) {
  const table = () => connection('api_channels');
  return {
    async find(id: string): Promise<Channel | null> {
      const row = await table().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    async listOf(botId: string, window: Window): Promise<Channel[]> {
      const rows = await table().where({ bot_id: botId }).modify(newestFirst(window));
      return rows.map(fromRow);
    },

    async count(botId: string): Promise<number> {
      const [row] = await table().where({ bot_id: botId }).count({ count: '*' });
      return Number(row?.count ?? 0);
    },

    /** False when there is one with this id already. */
    async insert(channel: Channel): Promise<boolean> {
      const row = {
        id: channel.id,
        bot_id: channel.botId,
        created_at: channel.createdAt,
        ...toRow(channel),
      };
      const inserted = await table().insert(row).onConflict('id').ignore().returning('id');
      return inserted.length === 1;
    },

    /** Only what is given. False when it is gone. */
    async update({ id, ...changes }: Partial<Channel> & { id: string }): Promise<boolean> {
      return (await table().where({ id }).update(toRow(changes))) === 1;
    },

    async remove(id: string): Promise<void> {
      await table().where({ id }).delete();
    },

    async removeAllOf(botId: string): Promise<void> {
      await table().where({ bot_id: botId }).delete();
    },

    async noteConversation(channelId: string, conversationId: string): Promise<void> {
      await connection('api_channel_conversations').insert({
        channel_id: channelId,
        conversation_id: conversationId,
      });
    },

    async hasConversation(channelId: string, conversationId: string): Promise<boolean> {
      const pair = { channel_id: channelId, conversation_id: conversationId };
      return (await connection('api_channel_conversations').where(pair).first('channel_id')) !== undefined;
    },
  };
}

/** What is left out is undefined, which an update leaves as it is. */
const toRow = (channel: Partial<Channel>) => ({
  name: channel.name,
  channel_type: channel.channelType,
  enabled: channel.enabled,
  secret: channel.secret,
  updated_at: channel.updatedAt,
});

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Channel {
  return {
    id: row.id,
    botId: row.bot_id,
    name: row.name,
    channelType: row.channel_type,
    enabled: Boolean(row.enabled),
    secret: row.secret,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
