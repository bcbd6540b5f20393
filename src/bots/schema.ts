import { z } from 'zod';
import { isoTime } from '../api/paging.js';

const origin = z
  .string()
  .trim()
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.username)
      return url.origin;
    context.addIssue(`“${text}” is not an origin such as https://www.example.com`);
    return z.NEVER;
  });

const name = z.string().trim().min(1, 'Missing').max(100, 'At most 100 characters');

const notificationEmail = z.email('Not an e-mail address').max(254, 'At most 254 characters').nullable();

const fields = z.strictObject({
  name: name.meta({ description: 'Shown to visitors and in every event' }),
  welcomeMessage: z.string().trim().max(2000, 'At most 2,000 characters').default('Hello! How can I help?'),
  instructions: z.string().trim().max(20_000, 'At most 20,000 characters').default(''),
  humanTakeover: z.boolean().default(false).meta({ description: 'Visitors may ask for a human' }),
  storageTokenLimit: z
    .int('A whole number')
    .min(0, 'Not below 0')
    .nullable()
    .default(null)
    .meta({ description: 'Storage tokens this bot may hold; null: only the limit of the instance' }),
  notificationEmail: notificationEmail
    .default(null)
    .meta({ description: 'Who is told by e-mail when a visitor asks for a human' }),
  allowedOrigins: z
    .array(origin)
    .max(100, 'At most 100 origins')
    .default([])
    .meta({ description: 'Origins of the pages that may embed the widget' }),
});

export const newBot = fields;
export type NewBot = z.infer<typeof newBot>;

/** Every field may be left out, and none has a default. */
export const botChanges = z.strictObject({
  name: name.optional(),
  welcomeMessage: fields.shape.welcomeMessage.unwrap().optional(),
  instructions: fields.shape.instructions.unwrap().optional(),
  humanTakeover: fields.shape.humanTakeover.unwrap().optional(),
  storageTokenLimit: fields.shape.storageTokenLimit.unwrap().optional(),
  notificationEmail: notificationEmail.optional(),
  allowedOrigins: fields.shape.allowedOrigins.unwrap().optional(),
});
export type BotChanges = z.infer<typeof botChanges>;

export const botAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    welcomeMessage: z.string(),
    instructions: z.string(),
    humanTakeover: z.boolean(),
    storageTokenLimit: z.int().nullable(),
    notificationEmail: z.string().nullable(),
    allowedOrigins: z.array(z.string()),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'Bot' });

export const botId = z.object({ id: z.string() });
