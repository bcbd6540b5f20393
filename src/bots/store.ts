import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';
import type { NewBot } from './schema.js';

export type Bot = NewBot & { id: string; createdAt: number; updatedAt: number };

export function botStore(connection: Knex) {
  const living = () => connection('bots').whereNull('deleted_at');
  const givenTo = (userId: string) => connection('bot_agents').where({ user_id: userId }).select('bot_id');
  return {
    async find(id: string): Promise<Bot | null> {
      return fromRow(await living().where({ id }).first());
    },
    /** Newest first; with `agentId` only the bots given to that agent. */
    async list(window: Window, agentId: string | null = null): Promise<Bot[]> {
      const rows = await living()
        .modify((query) => {
          if (agentId) query.whereIn('id', givenTo(agentId));
          if (window.after) query.where('id', '<', window.after[0]!);
        })
        .orderBy('id', 'desc')
        .limit(window.limit + 1);
      return rows.map((row: unknown) => fromRow(row)!);
    },
    async insert(bot: Bot): Promise<void> {
      await connection('bots').insert({ id: bot.id, created_at: bot.createdAt, ...toRow(bot) });
    },
    async update(bot: Bot): Promise<void> {
      await living().where({ id: bot.id }).update(toRow(bot));
    },
    /** Hides it at once; what belonged to it is removed in small steps later. */
    async markDeleted(id: string, at: number): Promise<void> {
      await living().where({ id }).update({ deleted_at: at });
    },
    async isGivenTo(botId: string, userId: string): Promise<boolean> {
      return (
        (await connection('bot_agents').where({ bot_id: botId, user_id: userId }).first('bot_id')) !==
        undefined
      );
    },
    async agentIds(botId: string): Promise<string[]> {
      return (await connection('bot_agents').where({ bot_id: botId })).map(
        (row: { user_id: string }) => row.user_id,
      );
    },
    async setAgents(botId: string, userIds: string[]): Promise<void> {
      await connection('bot_agents').where({ bot_id: botId }).delete();
      // Users that were removed meanwhile drop out.
      const users = await connection('users').whereIn('id', userIds).select('id');
      if (users.length > 0) {
        await connection('bot_agents').insert(users.map(({ id }) => ({ bot_id: botId, user_id: id })));
      }
    },
  };
}

function toRow(bot: Bot) {
  return {
    name: bot.name,
    welcome_message: bot.welcomeMessage,
    instructions: bot.instructions,
    human_takeover: bot.humanTakeover,
    storage_token_limit: bot.storageTokenLimit,
    notification_email: bot.notificationEmail,
    allowed_origins: JSON.stringify(bot.allowedOrigins),
    updated_at: bot.updatedAt,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Bot | null {
  if (!row) return null;
  return {
    id: row.id,
    name: row.name,
    welcomeMessage: row.welcome_message,
    instructions: row.instructions,
    humanTakeover: Boolean(row.human_takeover),
    storageTokenLimit: row.storage_token_limit === null ? null : Number(row.storage_token_limit),
    notificationEmail: row.notification_email,
    allowedOrigins: JSON.parse(row.allowed_origins),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
