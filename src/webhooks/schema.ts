import { z } from 'zod';
import { isoTime } from '../api/paging.js';
import { webhookTypes } from './catalogue.js';
import { headersInput } from './headers.js';

export const secret = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, 'Only A-Z a-z 0-9 _ and -')
  .min(16, 'At least 16 characters')
  .max(128, 'At most 128 characters');

/** In any of its versions: it may come from another system. The same in either case (RFC 9562, section 4). */
export const ownId = z
  .guid('A UUID such as 38362dae-a2b4-4484-8ced-920082a40b45')
  .transform((id) => id.toLowerCase())
  .pipe(z.string())
  .meta({ format: 'uuid' });

const targetUrl = z
  .url({ protocol: /^https?$/, error: 'An http or https URL such as https://example.com/hook' })
  .max(2000, 'At most 2,000 characters');

const type = z.enum(webhookTypes, `One of ${webhookTypes.join(', ')}`);

const between = (least: number, most: number) =>
  z
    .int(`A whole number from ${least} to ${most}`)
    .min(least, `Not below ${least}`)
    .max(most, `At most ${most}`)
    .nullish();

/** How events are sent; refused for a trigger. */
const sending = {
  headers: headersInput.optional(),
  requestsPerSecond: between(1, 1000).meta({
    description: 'At most so many requests a second; null: no limit',
  }),
  concurrency: between(1, 64).meta({
    description: 'At most so many requests at the same time; null: the default of the instance',
  }),
  timeoutSeconds: between(1, 60).meta({
    description: 'Of a whole attempt: connect, headers and body; null: the default of the instance',
  }),
  inOrder: z
    .boolean()
    .optional()
    .meta({
      description:
        'The events of a conversation wait for each other: while one is on its retry schedule, the later ones are held ' +
        'back. false: none waits, and what was held back is sent at once. Syncs have no order. true when left out on creation',
    }),
};

const headersOnce =
  'Sent with every event, beside Hookbell’s own: `{"Authorization": "Bearer …"}`. At most 20, 8 KiB in all. Values are ' +
  'encrypted and are in no answer but that of `GET /webhooks/{id}/secret`';

/** Which of the fields a type needs is the service's to say: a trigger needs a source, the others a target. */
export const newWebhook = z.strictObject({
  type,
  id: ownId.optional().meta({
    format: 'uuid',
    description: 'Of a trigger only: its own id, to keep an old URL. Generated when left out',
  }),
  dataSourceId: z
    .string()
    .nullish()
    .meta({ description: 'A trigger syncs it; the others hear only it. null: all of the bot' }),
  targetUrl: targetUrl.nullish().meta({ description: 'Where events are sent; a trigger has none' }),
  secret: secret.optional().meta({ description: 'Generated when left out' }),
  enabled: z.boolean().default(true),
  ...sending,
  headers: sending.headers.meta({ description: `${headersOnce}. A value cannot be null here` }),
});
export type NewWebhook = z.infer<typeof newWebhook>;

export const webhookChanges = z.strictObject({
  dataSourceId: z.string().nullish(),
  targetUrl: targetUrl.nullish(),
  secret: secret.optional(),
  enabled: z.boolean().optional(),
  ...sending,
  headers: sending.headers.meta({
    description:
      `${headersOnce}. The whole set: a header that is left out of it is removed, one whose value is null keeps its ` +
      'stored value, and `{}` removes all. Without `headers` all stay',
  }),
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
    pausedAt: isoTime.nullable(),
    nextTryAt: isoTime
      .nullable()
      .meta({ description: 'When one delivery is tried next, while failures have paused it' }),
    headers: z.array(z.string()).meta({ description: 'The names of the static headers; never their values' }),
    requestsPerSecond: z.int().nullable(),
    concurrency: z.int().nullable(),
    timeoutSeconds: z.int().nullable(),
    inOrder: z.boolean(),
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

export const revealedAnswer = z
  .object({
    ...secretsAnswer.shape,
    headers: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'The static headers with their values, if there are any' }),
  })
  .meta({ id: 'RevealedSecrets' });

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
const step = z.number().nullable();

const timings = z
  .object({
    reused: z
      .boolean()
      .nullable()
      .meta({ description: 'The connection was there already; null: there was none' }),
    dnsMs: step,
    connectMs: step,
    tlsMs: step,
    firstByteMs: step.meta({ description: 'From the start of the attempt' }),
  })
  .meta({ description: 'Milliseconds; null for a step that was not taken' });

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
        timings,
      }),
    ),
  })
  .meta({ id: 'DeliveryWithAttempts' });
