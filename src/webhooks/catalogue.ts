import { z } from 'zod';

export const webhookTypes = ['sync.trigger', 'sync.success', 'sync.failure'] as const;
export type WebhookType = (typeof webhookTypes)[number];

/** A type of event: what it means, the shape of its body, and an example that is sent by “Send test event”. */
export type EventType = { type: string; title: string; description: string; schema: z.ZodType; example: object };

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

/** Every event that can be sent; pages, API, OpenAPI and examples are made from this one list. */
export const eventTypes: readonly EventType[] = [
  {
    type: 'sync.success',
    title: 'Sync succeeded',
    description: 'A sync of a data source ended well. What it read can be searched now.',
    schema: syncSuccess,
    example: {
      success: true,
      results: { totalTokens: 18342, modifiedRows: 3, totalDocuments: 57, unmodifiedRows: 41, totalDataSourceRows: 44 },
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
];

export const eventType = (type: string): EventType | undefined => eventTypes.find((entry) => entry.type === type);
