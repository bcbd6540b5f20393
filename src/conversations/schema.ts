import { z } from 'zod';
import { isoTime, pageQuery } from '../api/paging.js';

const mostText = 8000;
const mostUserData = 16 * 1024;

/** Without control characters: nobody types them, and PostgreSQL refuses NUL. */
const clean = (text: string) =>
  text
    .replace(/(?![\t\n\r])\p{Cc}/gu, '')
    .toWellFormed()
    .trim();

export const content = z
  .string()
  .transform(clean)
  .pipe(z.string().min(1, 'Write something').max(mostText, 'At most 8,000 characters'))
  .meta({ minLength: 1, maxLength: mostText });

export const channelType = z
  .string()
  .regex(/^[a-z0-9_-]{1,32}$/, '1 to 32 characters of a-z 0-9 _ -')
  .meta({ description: '`web` for the widget and the chat page, else a name of your own such as `slack`' });

export const userEmail = z.email('Not an e-mail address').max(254, 'At most 254 characters');

export const userData = z
  .record(z.string(), z.unknown())
  .refine((data) => Buffer.byteLength(JSON.stringify(data)) <= mostUserData, 'At most 16 KB of JSON')
  .meta({ description: 'Anything that is known of the visitor, as a JSON object' });

export const newConversation = z.strictObject({
  channelType,
  initialMessage: content.optional().meta({ description: 'What the visitor wrote first; it is answered' }),
  userData: userData.optional(),
  userEmail: userEmail.optional(),
});
export type NewConversation = z.infer<typeof newConversation>;

export const newMessage = z.strictObject({
  content,
  from: z
    .enum(['visitor', 'agent'])
    .default('visitor')
    .meta({ description: '`agent`: the user of the key, who must have claimed the conversation' }),
});

export const escalation = z.strictObject({ userEmail, userData: userData.optional() });

export const state = z.enum(['Bot', 'Escalated', 'Active', 'Resolved']);

export const conversationQuery = z.object({
  ...pageQuery.shape,
  state: state.optional(),
  channelType: channelType.optional(),
  q: z.string().trim().max(200).optional().meta({ description: 'Words that stand in a message' }),
});
export type ConversationQuery = z.infer<typeof conversationQuery>;

export const messageAnswer = z
  .object({
    id: z.string(),
    number: z.int().meta({ description: '1, 2, … within its conversation' }),
    from: z.enum(['visitor', 'bot', 'agent', 'system']),
    content: z.string(),
    author: z.string().nullable().meta({ description: 'The name of the agent' }),
    citations: z.array(z.object({ title: z.string(), url: z.string().nullable() })),
    createdAt: isoTime,
  })
  .meta({ id: 'Message' });

const agent = z.object({ id: z.string(), name: z.string(), email: z.string() });

export const conversationAnswer = z
  .object({
    id: z.string(),
    botId: z.string(),
    channelType: z.string(),
    state,
    userEmail: z.string().nullable(),
    userData: z.record(z.string(), z.unknown()),
    claimedBy: agent.nullable(),
    createdAt: isoTime,
    lastMessageAt: isoTime,
  })
  .meta({ id: 'ConversationInList' });

export const conversationWithMessages = z
  .object({
    id: z.string(),
    botId: z.string(),
    channelType: z.string(),
    state,
    userEmail: z.string().nullable(),
    userData: z.record(z.string(), z.unknown()),
    claimedBy: agent.nullable(),
    messages: z.array(messageAnswer).meta({ description: 'The last 500, in order' }),
    createdAt: isoTime,
    lastMessageAt: isoTime,
  })
  .meta({ id: 'Conversation' });

export const messageExchange = z
  .object({ message: messageAnswer, reply: messageAnswer.nullable(), state })
  .meta({ id: 'Exchange' });
