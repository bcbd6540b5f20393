import { setTimeout as wait } from 'node:timers/promises';
import { hookbell } from '../accounts/actor.js';
import type { BotService } from '../bots/service.js';
import type { ConversationService, Said } from '../conversations/service.js';
import type { Deps } from '../deps.js';
import { NotFound, Refusal } from '../errors.js';
import type { ChannelMessage } from './schema.js';
import { type Channel, channelStore } from './store.js';

type Parts = {
  bots: Pick<BotService, 'seenBy'>;
  conversations: Pick<ConversationService, 'create' | 'visitorSays' | 'find'>;
};

/** As long as a language model is given, and a little more, in ms. */
const patience = 65_000;

/** What is said on an API channel, in the words of Chat Thing's (chatthing.ai/docs/api-channel). */
export function channelTalk({ db, reader }: Pick<Deps, 'db' | 'reader'>, { bots, conversations }: Parts) {
  async function begin({ id, botId, channelType }: Channel, initialMessage: string | undefined, at: number) {
    const input = { channelType, initialMessage };
    const begun = await conversations.create(botId, input, null, null, at);
    // Not in the transaction before: nobody knows this conversation until they are told of it.
    await channelStore(db).noteConversation(id, begun.conversation.id);
    return begun;
  }

  /** Throws `NotFound` for a conversation of another channel. */
  async function goOn({ id }: Channel, conversationId: string, content: string, at: number): Promise<Said> {
    if (!(await channelStore(reader).hasConversation(id, conversationId))) throw new NotFound('Conversation');
    return conversations.visitorSays(conversationId, { content }, null, at);
  }

  /** The bot's words; none while an agent has the conversation. */
  async function answerTo(conversationId: string, reply: Said['reply']): Promise<string> {
    const given = await Promise.race([reply, wait(patience, null, { ref: false })]);
    if (given) return given.content;
    if ((await conversations.find(conversationId))?.state === 'Active') return '';
    // Without Retry-After: what is said again is there twice.
    throw new Refusal(503, 'The bot has not answered in time; your message is kept');
  }

  return {
    /** A conversation in which nothing was said yet; the response is the bot's welcome. */
    async start(channel: Channel, at: number) {
      const bot = await bots.seenBy(hookbell, channel.botId);
      const { conversation } = await begin(channel, undefined, at);
      return { success: true, conversationId: conversation.id, response: bot.welcomeMessage };
    },

    /** Without `conversationId` this is the first message of a new conversation. */
    async say(channel: Channel, { message, conversationId }: ChannelMessage, at: number) {
      const { conversation, reply } = conversationId
        ? await goOn(channel, conversationId, message, at)
        : await begin(channel, message, at);
      return { response: await answerTo(conversation.id, reply), conversationId: conversation.id };
    },
  };
}
