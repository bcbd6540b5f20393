import { z } from 'zod';
import {
  conversationClaimed,
  conversationEscalated,
  conversationReleased,
  conversationStarted,
  syncFailure,
  syncSuccess,
} from './bodies.js';

export const webhookTypes = [
  'sync.trigger',
  'sync.success',
  'sync.failure',
  'conversation.started',
  'conversation.escalated',
  'conversation.claimed',
  'conversation.released',
] as const;
export type WebhookType = (typeof webhookTypes)[number];

/** A type of event: what it means, when it happens, the shape of its body, and what “Send test event” sends. */
export type EventType<S extends z.ZodType = z.ZodType> = {
  type: Exclude<WebhookType, 'sync.trigger'>;
  title: string;
  description: string;
  when: string;
  schema: S;
  example: z.output<S> & object;
};

const eventOf = <S extends z.ZodType>(event: EventType<S>): EventType => event as EventType;

const conversation = {
  id: '0197a3c2-5d1e-7c40-9f2b-6a1d3e5f7081',
  botId: '0197a3bf-11aa-7d3e-8c55-2b9e4d6f8a01',
  botName: 'Help desk',
  channelType: 'web',
};

/** Every event that can be sent; pages, API, OpenAPI and examples are made from this one list. */
export const eventTypes: readonly EventType[] = [
  eventOf({
    type: 'sync.success',
    title: 'Sync succeeded',
    description: 'A sync of a data source ended well. What it read can be searched now.',
    when: 'At the end of each sync that succeeds, whoever started it, also if nothing had changed.',
    schema: syncSuccess,
    example: {
      success: true,
      results: {
        totalTokens: 18342,
        modifiedRows: 3,
        totalDocuments: 57,
        unmodifiedRows: 41,
        totalDataSourceRows: 44,
      },
      bot: 'Help desk',
      dataSource: 'Product manual',
    },
  }),
  eventOf({
    type: 'sync.failure',
    title: 'Sync failed',
    description: 'A sync of a data source failed. What could be searched before still can be.',
    when: 'At the end of each sync that fails: the source cannot be read, a storage limit is reached, or more than half of its rows would go.',
    schema: syncFailure,
    example: {
      success: false,
      reason: 'Over plan storage token limit, please upgrade plan',
      bot: 'Help desk',
      dataSource: 'Product manual',
    },
  }),
  eventOf({
    type: 'conversation.started',
    title: 'Conversation started',
    description: 'A visitor wrote a first message on any channel, or a conversation was created by the API.',
    when: 'Once for each conversation.',
    schema: conversationStarted,
    example: {
      event: 'conversation.started',
      timestamp: '2026-11-22T09:30:00.000Z',
      conversation: {
        ...conversation,
        initialMessage: 'How do I return an item?',
        createdAt: '2026-11-22T09:30:00.000Z',
      },
    },
  }),
  eventOf({
    type: 'conversation.escalated',
    title: 'Conversation escalated',
    description:
      'A visitor asked for a human. The bot goes on answering until an agent claims the conversation.',
    when: 'When the visitor has chosen “Talk to a human” and left an e-mail address, or the API was told so; again, if it happens again after a release or a cancellation.',
    schema: conversationEscalated,
    example: {
      event: 'conversation.escalated',
      timestamp: '2026-11-22T09:31:12.480Z',
      conversation: { ...conversation, state: 'Escalated', userData: { name: 'Robin', plan: 'pro' } },
      userEmail: 'robin@example.com',
    },
  }),
  eventOf({
    type: 'conversation.claimed',
    title: 'Conversation claimed',
    description: 'An agent took the conversation over. The bot is silent until it is handed back.',
    when: 'When an agent claims a conversation that waits, or steps in unasked. Of several agents at once, one wins and one event is sent.',
    schema: conversationClaimed,
    example: {
      event: 'conversation.claimed',
      timestamp: '2026-11-22T09:32:05.127Z',
      conversation: { ...conversation, state: 'Active' },
      agent: { name: 'Sam Agent', email: 'sam@example.com' },
    },
  }),
  eventOf({
    type: 'conversation.released',
    title: 'Conversation released',
    description: 'The conversation was handed back to the bot, which answers again.',
    when: 'When the agent who claimed it, or an admin, hands it back.',
    schema: conversationReleased,
    example: {
      event: 'conversation.released',
      timestamp: '2026-11-22T09:41:50.003Z',
      conversation: { ...conversation, state: 'Resolved' },
      agent: { name: 'Sam Agent' },
    },
  }),
];

export const eventType = (type: string): EventType | undefined =>
  eventTypes.find((entry) => entry.type === type);

/** JSON Schema 2020-12 of an event's body. */
export const jsonSchemaOf = ({ schema, title, description }: EventType) =>
  z.toJSONSchema(schema.meta({ title, description }));
