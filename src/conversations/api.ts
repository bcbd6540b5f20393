import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { pageOf, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Message } from './messages.js';
import {
  conversationAnswer,
  conversationQuery,
  conversationWithMessages,
  escalation,
  messageExchange,
  newConversation,
  newMessage,
} from './schema.js';
import type { ConversationService } from './service.js';
import { showConversation, showMessage, showWithMessages } from './show.js';
import type { Conversation } from './store.js';

const tag = 'Conversations';
const id = z.object({ id: z.string() });
const mostMessages = 500;
/** How long a caller waits for the bot's reply, in ms: as long as a language model is given, and a little more. */
const patience = 65_000;

export function conversationEndpoints(
  bots: Pick<BotService, 'seenBy'>,
  conversations: ConversationService,
): Endpoint[] {
  const whole = async (it: Conversation) =>
    showWithMessages(it, await conversations.latestMessages(it.id, mostMessages));
  const asItIs = { 200: { description: 'The conversation as it is now', schema: conversationWithMessages } };

  return [
    endpoint({
      method: 'get',
      path: '/bots/{id}/conversations',
      summary: 'List the conversations of a bot, newest first, without their messages',
      access: 'user',
      tag,
      params: id,
      query: conversationQuery,
      answers: { 200: { description: 'A page of conversations', schema: pageOf(conversationAnswer) } },
      run: async ({ params, query, user }) => {
        await bots.seenBy(user, params.id);
        const { rows, next } = await conversations.listOf(params.id, query, windowOf(query));
        return {
          status: 200,
          body: { data: rows.map(showConversation), nextCursor: next && cursorOf(next) },
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/conversations',
      summary: 'Create a conversation on any channel; an initial message is answered',
      access: 'user',
      tag,
      params: id,
      body: newConversation,
      answers: { 201: { description: 'The conversation', schema: conversationWithMessages } },
      run: async ({ params, body, user, at }) => {
        const { conversation, reply } = await conversations.create(params.id, body, user, null, at);
        await inTime(reply);
        return {
          status: 201,
          body: await whole((await conversations.find(conversation.id)) ?? conversation),
        };
      },
    }),
    endpoint({
      method: 'get',
      path: '/conversations/{id}',
      summary: 'Read a conversation with its last 500 messages',
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The conversation', schema: conversationWithMessages } },
      run: async ({ params, user }) => ({
        status: 200,
        body: await whole(await conversations.seenBy(user, params.id)),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/conversations/{id}/messages',
      summary:
        'Write as the visitor and wait for the reply, or as the agent who has claimed the conversation',
      access: 'user',
      tag,
      params: id,
      body: newMessage,
      answers: {
        201: {
          description:
            'The message; `reply` is null while an agent has the conversation, or if the bot was too slow',
          schema: messageExchange,
        },
      },
      run: async ({ params, body: { content, from }, user, at }) => {
        const { id } = await conversations.seenBy(user, params.id);
        const said =
          from === 'agent'
            ? await conversations.agentSays(id, { content }, user, at)
            : await conversations.visitorSays(id, { content }, null, at);
        const reply = await inTime(said.reply);
        const now = (await conversations.find(id)) ?? said.conversation;
        const body = {
          message: showMessage(said.message),
          reply: reply && showMessage(reply),
          state: now.state,
        };
        return { status: 201, body };
      },
    }),
    endpoint({
      method: 'post',
      path: '/conversations/{id}/escalate',
      summary: 'Ask for a human on behalf of the visitor (web channel, takeover on)',
      access: 'user',
      tag,
      params: id,
      body: escalation,
      answers: asItIs,
      run: async ({ params, body, user, at }) => {
        await conversations.seenBy(user, params.id);
        const { conversation } = await conversations.escalate(params.id, body, user, null, at);
        return { status: 200, body: await whole(conversation) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/conversations/{id}/claim',
      summary:
        'Take the conversation over as the user of the key; the others get a 409 that names who was first',
      access: 'user',
      tag,
      params: id,
      answers: asItIs,
      run: async ({ params, user, at }) => ({
        status: 200,
        body: await whole((await conversations.claim(params.id, user, at)).conversation),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/conversations/{id}/release',
      summary: 'Hand the conversation back to the bot',
      access: 'user',
      tag,
      params: id,
      answers: asItIs,
      run: async ({ params, user, at }) => ({
        status: 200,
        body: await whole((await conversations.release(params.id, user, at)).conversation),
      }),
    }),
  ];
}

export const cursorOf = (key: (string | number)[]) => Buffer.from(JSON.stringify(key)).toString('base64url');

/** The reply, or null if it takes too long; it is stored all the same. */
async function inTime(reply: Promise<Message | null>): Promise<Message | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, patience, null);
  });
  return Promise.race([reply, late]).finally(() => clearTimeout(timer));
}
