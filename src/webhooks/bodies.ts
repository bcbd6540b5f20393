import { z } from 'zod';

/*
 * The bodies of the events, each once: what is sent is typed by them, and the catalogue, the pages and OpenAPI are
 * made from them. The order of the keys is the contract's.
 */

const count = z.int().min(0);
const botName = z.string().meta({ description: 'The name of the bot' });
const dataSource = z.string().meta({ description: 'The name of the data source' });

export const syncSuccess = z.strictObject({
  success: z.literal(true).meta({ description: 'Always true; a failure has an event of its own' }),
  results: z
    .strictObject({
      totalTokens: count.meta({ description: 'Storage tokens of the source as it stands after this sync' }),
      modifiedRows: count.meta({ description: 'Rows that were added or changed' }),
      totalDocuments: count.meta({ description: 'Documents of the source as it stands after this sync' }),
      unmodifiedRows: count.meta({ description: 'Rows that were as before; 0 on a first sync' }),
      totalDataSourceRows: count.meta({ description: 'modifiedRows + unmodifiedRows' }),
    })
    .meta({ description: 'What the sync counted' }),
  bot: botName,
  dataSource,
});

export const syncFailure = z.strictObject({
  success: z.literal(false).meta({ description: 'Always false' }),
  reason: z.string().meta({ description: 'Why, in a sentence for people' }),
  bot: botName,
  dataSource,
});

const timestamp = z.iso
  .datetime({ precision: 3 })
  .meta({ description: 'When it happened: ISO 8601, UTC, with milliseconds' });

const identity = {
  id: z.string().meta({ description: 'The id of the conversation; the same in all its events' }),
  botId: z.string().meta({ description: 'The id of its bot' }),
  botName,
  channelType: z
    .string()
    .meta({ description: '`web` for the widget and the chat page, else what the API was told' }),
};

const event = <T extends string>(type: T) =>
  z.literal(type).meta({ description: 'The type of the event, as in X-Hookbell-Event' });

const state = <S extends string>(name: S) =>
  z.literal(name).meta({ description: 'The state that the conversation is in now' });

const conversation = { description: 'The conversation it happened in' };

export const conversationStarted = z.strictObject({
  event: event('conversation.started'),
  timestamp,
  conversation: z
    .strictObject({
      ...identity,
      initialMessage: z.string().optional().meta({
        description:
          'What the visitor wrote first; absent if the API made the conversation without a message',
      }),
      createdAt: timestamp.meta({ description: 'When the conversation began: ISO 8601, UTC' }),
    })
    .meta(conversation),
});

export const conversationEscalated = z.strictObject({
  event: event('conversation.escalated'),
  timestamp,
  conversation: z
    .strictObject({
      ...identity,
      state: state('Escalated'),
      userData: z
        .record(z.string(), z.unknown())
        .meta({ description: 'What is known of the visitor; may be empty' }),
    })
    .meta(conversation),
  userEmail: z.email().meta({ description: 'Where the visitor can be reached' }),
});

export const conversationClaimed = z.strictObject({
  event: event('conversation.claimed'),
  timestamp,
  conversation: z.strictObject({ ...identity, state: state('Active') }).meta(conversation),
  agent: z
    .strictObject({
      name: z.string().meta({ description: 'The name of the agent' }),
      email: z.string().meta({ description: 'The e-mail address of the agent' }),
    })
    .meta({ description: 'Who took the conversation over' }),
});

export const conversationReleased = z.strictObject({
  event: event('conversation.released'),
  timestamp,
  conversation: z.strictObject({ ...identity, state: state('Resolved') }).meta(conversation),
  agent: z
    .strictObject({ name: z.string().meta({ description: 'The name of the agent' }) })
    .meta({ description: 'Who handed the conversation back' }),
});
