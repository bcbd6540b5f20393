import { z } from 'zod';
import { isoTime } from '../api/paging.js';
import { webhookTypes } from './catalogue.js';

export const secret = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, 'Only A-Z a-z 0-9 _ and -')
  .min(16, 'At least 16 characters')
  .max(128, 'At most 128 characters');

const targetUrl = z
  .url({ protocol: /^https?$/, error: 'An http or https URL such as https://example.com/hook' })
  .max(2000, 'At most 2,000 characters');

const type = z.enum(webhookTypes, `One of ${webhookTypes.join(', ')}`);

/** Which of the fields a type needs is the service's to say: a trigger needs a source, the others a target. */
export const newWebhook = z.strictObject({
  type,
  dataSourceId: z
    .string()
    .nullish()
    .meta({ description: 'A trigger syncs it; the others hear only it. null: all of the bot' }),
  targetUrl: targetUrl.nullish().meta({ description: 'Where events are sent; a trigger has none' }),
  secret: secret.optional().meta({ description: 'Generated when left out' }),
  enabled: z.boolean().default(true),
});
export type NewWebhook = z.infer<typeof newWebhook>;

export const webhookChanges = z.strictObject({
  dataSourceId: z.string().nullish(),
  targetUrl: targetUrl.nullish(),
  secret: secret.optional(),
  enabled: z.boolean().optional(),
});
export type WebhookChanges = z.infer<typeof webhookChanges>;

export const rotation = z.strictObject({ secret: secret.optional() });
export const signingRotation = z.strictObject({
  overlapHours: z.number().min(0, 'Not below 0').max(720, 'At most 720 hours').default(24),
});

export const health = z.enum(['healthy', 'failing', 'paused', 'disabled']);

export const webhookAnswer = z
  .object({
    id: z.string(),
    botId: z.string(),
    type: z.enum(webhookTypes),
    dataSourceId: z.string().nullable(),
    targetUrl: z.string().nullable(),
    enabled: z.boolean(),
    health,
    healthReason: z.string().nullable(),
    failingSince: isoTime.nullable(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'Webhook' });

export const secretsAnswer = z
  .object({
    secret: z.string(),
    signingSecret: z.string().optional().meta({ description: '`whsec_…`; a trigger has none' }),
    url: z.string().optional().meta({ description: 'The URL to call; of a trigger only' }),
  })
  .meta({ id: 'WebhookSecrets' });

export const webhookWithSecrets = z
  .object({ ...webhookAnswer.shape, ...secretsAnswer.shape })
  .meta({ id: 'NewWebhook' });

export const deliveryStatus = z.enum(['pending', 'sending', 'delivered', 'failed']);

export const deliveryAnswer = z
  .object({
    id: z.string().meta({ description: 'The `webhook-id` that the receiver sees' }),
    webhookId: z.string(),
    type: z.string(),
    status: deliveryStatus,
    attempts: z.int(),
    nextAttemptAt: isoTime.nullable(),
    createdAt: isoTime,
    deliveredAt: isoTime.nullable(),
    test: z.boolean(),
    payload: z.unknown(),
  })
  .meta({ id: 'Delivery' });

const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

export const deliveryWithAttempts = z
  .object({
    ...deliveryAnswer.shape,
    attemptLog: z.array(
      z.object({
        attempt: z.int(),
        startedAt: isoTime,
        durationMs: z.int(),
        url: z.string(),
        status: z.int().nullable(),
        error: z.string().nullable(),
        requestHeaders: headers,
        responseHeaders: headers.nullable(),
        responseBody: z.string().nullable(),
        truncated: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'DeliveryWithAttempts' });
