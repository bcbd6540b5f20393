import { z } from 'zod';
import { isoTime } from '../api/paging.js';
import { content, channelType as typeOfChannel } from '../conversations/schema.js';
import { ownId, secret } from '../webhooks/schema.js';

const name = z.string().trim().min(1, 'Missing').max(100, 'At most 100 characters');

const channelType = typeOfChannel
  .refine((type) => type !== 'web', '`web` is the widget’s, whose visitors may ask for a human')
  .meta({ description: 'The `channelType` of its conversations' });

export const newChannel = z.strictObject({
  name: name.meta({ description: 'What calls it, so that you know it again' }),
  channelType: channelType.default('api'),
  enabled: z.boolean().default(true),
  id: ownId
    .optional()
    .meta({ format: 'uuid', description: 'To keep an old address. Generated when left out' }),
  secret: secret.optional().meta({ description: 'Generated when left out' }),
});
export type NewChannel = z.infer<typeof newChannel>;

export const channelChanges = z.strictObject({
  name: name.optional(),
  channelType: channelType.optional(),
  enabled: z.boolean().optional(),
});
export type ChannelChanges = z.infer<typeof channelChanges>;

/** Other fields are passed over: what calls it was written for another system, and stays as it is. */
export const channelMessage = z.object({
  message: content,
  conversationId: z.string().max(100, 'At most 100 characters').nullish(),
});
export type ChannelMessage = z.infer<typeof channelMessage>;

export const channelAnswer = z
  .object({
    id: z.string(),
    botId: z.string(),
    name: z.string(),
    channelType: z.string(),
    enabled: z.boolean(),
    url: z.string().meta({ description: '`/conversation` and `/message` are below it' }),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'ApiChannel' });

export const secretOfChannel = z.object({ secret: z.string() }).meta({ id: 'ApiChannelSecret' });

export const channelWithSecret = z
  .object({ ...channelAnswer.shape, ...secretOfChannel.shape })
  .meta({ id: 'NewApiChannel' });
