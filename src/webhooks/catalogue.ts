import { z } from 'zod';

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

/** A type of event: what it means, the shape of its body, and an example that is sent by “Send test event”. */
export type EventType = {
  type: string;
  title: string;
  description: string;
  schema: z.ZodType;
  example: object;
};

const count = z.int().min(0);

export const syncSuccess = z
  .strictObject({
    success: z.literal(true),
    results: z.strictObject({
      totalTokens: count.meta({ description: 'Storage tokens of the source as it stands after this sync' }),
      modifiedRows: count.meta({ description: 'Rows that were added or changed' }),
      totalDocuments: count.meta({ description: 'Documents of the source as it stands after this sync' }),
      unmodifiedRows: count.meta({ description: 'Rows that were as before' }),
      totalDataSourceRows: count.meta({ description: 'modifiedRows + unmodifiedRows' }),
    }),
    bot: z.string().meta({ description: 'The name of the bot' }),
    dataSource: z.string().meta({ description: 'The name of the data source' }),
  })
  .meta({ id: 'SyncSuccess' });

export const syncFailure = z
  .strictObject({
    success: z.literal(false),
    reason: z.string().meta({ description: 'Why, in a sentence for people' }),
    bot: z.string(),
    dataSource: z.string(),
  })
  .meta({ id: 'SyncFailure' });

const timestamp = z.iso
  .datetime()
  .meta({ description: 'When it happened: ISO 8601, UTC, with milliseconds' });

const conversation = {
  id: z.string(),
  botId: z.string(),
  botName: z.string(),
  channelType: z
    .string()
    .meta({ description: '`web` for the widget and the chat page, else what the API was told' }),
};

export const conversationStarted = z
  .strictObject({
    event: z.literal('conversation.started'),
    timestamp,
    conversation: z.strictObject({
      ...conversation,
      initialMessage: z.string().optional().meta({ description: 'What the visitor wrote first' }),
      createdAt: timestamp,
    }),
  })
  .meta({ id: 'ConversationStarted' });

export const conversationEscalated = z
  .strictObject({
    event: z.literal('conversation.escalated'),
    timestamp,
    conversation: z.strictObject({
      ...conversation,
      state: z.literal('Escalated'),
      userData: z
        .record(z.string(), z.unknown())
        .meta({ description: 'What is known of the visitor; may be empty' }),
    }),
    userEmail: z.email().meta({ description: 'Where the visitor can be reached' }),
  })
  .meta({ id: 'ConversationEscalated' });

export const conversationClaimed = z
  .strictObject({
    event: z.literal('conversation.claimed'),
    timestamp,
    conversation: z.strictObject({ ...conversation, state: z.literal('Active') }),
    agent: z.strictObject({ name: z.string(), email: z.string() }),
  })
  .meta({ id: 'ConversationClaimed' });

export const conversationReleased = z
  .strictObject({
    event: z.literal('conversation.released'),
    timestamp,
    conversation: z.strictObject({ ...conversation, state: z.literal('Resolved') }),
    agent: z.strictObject({ name: z.string() }),
  })
  .meta({ id: 'ConversationReleased' });

const exampleConversation = {
  id: '0197a3c2-5d1e-7c40-9f2b-6a1d3e5f7081',
  botId: '0197a3bf-11aa-7d3e-8c55-2b9e4d6f8a01',
  botName: 'Help desk',
  channelType: 'web',
};

/** Every event that can be sent; pages, API, OpenAPI and examples are made from this one list. */
export const eventTypes: readonly EventType[] = [
  {
    type: 'sync.success',
    title: 'Sync succeeded',
    description: 'A sync of a data source ended well. What it read can be searched now.',
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
  },
  {
    type: 'sync.failure',
    title: 'Sync failed',
    description: 'A sync of a data source failed. What could be searched before still can be.',
    schema: syncFailure,
    example: {
      success: false,
      reason: 'Over plan storage token limit, please upgrade plan',
      bot: 'Help desk',
      dataSource: 'Product manual',
    },
  },
  {
    type: 'conversation.started',
    title: 'Conversation started',
    description: 'A visitor wrote a first message on any channel, or a conversation was created by the API.',
    schema: conversationStarted,
    example: {
      event: 'conversation.started',
      timestamp: '2026-11-22T09:30:00.000Z',
      conversation: {
        ...exampleConversation,
        initialMessage: 'How do I return an item?',
        createdAt: '2026-11-22T09:30:00.000Z',
      },
    },
  },
  {
    type: 'conversation.escalated',
    title: 'Conversation escalated',
    description:
      'A visitor asked for a human. The bot goes on answering until an agent claims the conversation.',
    schema: conversationEscalated,
    example: {
      event: 'conversation.escalated',
      timestamp: '2026-11-22T09:31:12.480Z',
      conversation: { ...exampleConversation, state: 'Escalated', userData: { name: 'Robin', plan: 'pro' } },
      userEmail: 'robin@example.com',
    },
  },
  {
    type: 'conversation.claimed',
    title: 'Conversation claimed',
    description: 'An agent took the conversation over. The bot is silent until it is handed back.',
    schema: conversationClaimed,
    example: {
      event: 'conversation.claimed',
      timestamp: '2026-11-22T09:32:05.127Z',
      conversation: { ...exampleConversation, state: 'Active' },
      agent: { name: 'Sam Agent', email: 'sam@example.com' },
    },
  },
  {
    type: 'conversation.released',
    title: 'Conversation released',
    description: 'The conversation was handed back to the bot, which answers again.',
    schema: conversationReleased,
    example: {
      event: 'conversation.released',
      timestamp: '2026-11-22T09:41:50.003Z',
      conversation: { ...exampleConversation, state: 'Resolved' },
      agent: { name: 'Sam Agent' },
    },
  },
];

export const eventType = (type: string): EventType | undefined =>
  eventTypes.find((entry) => entry.type === type);
