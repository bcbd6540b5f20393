import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import type { State, Transition } from './states.js';

export type Agent = { id: string; name: string; email: string };

export type Conversation = {
  id: string;
  botId: string;
  botName: string;
  humanTakeover: boolean;
  notificationEmail: string | null;
  channelType: string;
  state: State;
  stateSince: number;
  userEmail: string | null;
  userData: Record<string, unknown>;
  /** Who has it now; null unless it is Active (and then too, when the user was removed). */
  claimedBy: Agent | null;
  /** Who had it last. */
  lastAgent: Agent | null;
  /** How often an agent took it. */
  claims: number;
  lastMessageAt: number;
  createdAt: number;
};

export type NewConversation = {
  id: string;
  botId: string;
  channelType: string;
  userEmail: string | null;
  userData: Record<string, unknown>;
  /** SHA-256 of the visitor's token, and what stands for their address; null when the API made it. */
  tokenHash: string | null;
  addressHash: string | null;
};

/** With the bot's name and switches and the agent, and without those of deleted bots. */
export const readConversations = (connection: Knex) =>
  connection('conversations')
    .join('bots', 'bots.id', 'conversations.bot_id')
    .leftJoin('users', 'users.id', 'conversations.claimed_by')
    .whereNull('bots.deleted_at')
    .select(
      'conversations.*',
      'bots.name as bot_name',
      'bots.human_takeover',
      'bots.notification_email',
      'users.name as agent_name',
      'users.email as agent_email',
    );

export function conversationStore(connection: Knex) {
  const table = () => connection('conversations');
  return {
    async find(id: string): Promise<Conversation | null> {
      const row = await readConversations(connection).where({ 'conversations.id': id }).first();
      return row ? conversationFromRow(row) : null;
    },

    async findByToken(tokenHash: string): Promise<Conversation | null> {
      const row = await readConversations(connection).where({ token_hash: tokenHash }).first();
      return row ? conversationFromRow(row) : null;
    },

    /** False when there is one with this token already. */
    async insert(conversation: NewConversation, at: number): Promise<boolean> {
      const row = {
        id: conversation.id,
        bot_id: conversation.botId,
        channel_type: conversation.channelType,
        state: 'Bot',
        state_since: at,
        user_email: conversation.userEmail,
        user_data: JSON.stringify(conversation.userData),
        token_hash: conversation.tokenHash,
        address_hash: conversation.addressHash,
        last_message_at: at,
        created_at: at,
      };
      const inserted = await table().insert(row).onConflict('token_hash').ignore().returning('id');
      return inserted.length === 1;
    },

    /** One UPDATE that holds all conditions of a transition. False when it found nothing that meets them. */
    async move(
      id: string,
      { from, who, when, to }: Transition,
      changes: Record<string, unknown>,
      by: Actor,
      at: number,
    ): Promise<boolean> {
      const state =
        to === 'as before' ? connection.raw("CASE WHEN claims > 0 THEN 'Resolved' ELSE 'Bot' END") : to;
      const update = table().where({ id }).whereIn('state', from);
      for (const guard of [who, ...when]) guard.holds(update, by);
      return (await update.update({ state, state_since: at, ...changes })) === 1;
    },

    /** Held until the end of the transaction; null if there is no such conversation. */
    async userDataToChange(id: string): Promise<Record<string, unknown> | null> {
      const row = await table().where({ id }).forUpdate().first('user_data');
      return row ? JSON.parse(row.user_data) : null;
    },

    async setUserData(id: string, userData: Record<string, unknown>): Promise<void> {
      await table()
        .where({ id })
        .update({ user_data: JSON.stringify(userData) });
    },

    /**
     * The first statement of everything that writes a message: whoever writes holds the conversation, so that its
     * messages are numbered in the order of their commits, and none slips past a change of state.
     */
    async touch(
      id: string,
      at: number,
      guard: (update: Knex.QueryBuilder) => void = () => {},
    ): Promise<boolean> {
      const update = table().where({ id });
      guard(update);
      return (await update.update({ last_message_at: at })) === 1;
    },

    /** Removes some conversations of bots that were deleted. Returns how many. */
    async removeOfDeletedBots(most: number): Promise<number> {
      return table()
        .whereIn('id', (some) =>
          some
            .select('conversations.id')
            .from('conversations')
            .whereIn('bot_id', (gone) => gone.select('id').from('bots').whereNotNull('deleted_at'))
            .limit(most),
        )
        .delete();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
export function conversationFromRow(row: any): Conversation {
  const agent = row.agent_name ? { id: row.claimed_by, name: row.agent_name, email: row.agent_email } : null;
  return {
    id: row.id,
    botId: row.bot_id,
    botName: row.bot_name,
    humanTakeover: Boolean(row.human_takeover),
    notificationEmail: row.notification_email,
    channelType: row.channel_type,
    state: row.state,
    stateSince: Number(row.state_since),
    userEmail: row.user_email,
    userData: JSON.parse(row.user_data),
    claimedBy: row.state === 'Active' ? agent : null,
    lastAgent: agent,
    claims: row.claims,
    lastMessageAt: Number(row.last_message_at),
    createdAt: Number(row.created_at),
  };
}
