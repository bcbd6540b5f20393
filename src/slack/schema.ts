import { z } from 'zod';
import { isoTime } from '../api/paging.js';

export const slackApi = 'https://slack.com/api/';

const apiUrl = z
  .url({ protocol: /^https?$/, error: 'An address such as https://slack.com/api/' })
  .max(500, 'At most 500 characters')
  .transform((url) => (url.endsWith('/') ? url : `${url}/`));

export const slackAccess = z.strictObject({
  signingSecret: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]{8,200}$/, 'As Slack shows it under Basic Information, without spaces')
    .optional(),
  botToken: z
    .string()
    .trim()
    .regex(/^xoxb-[\x21-\x7e]{1,500}$/, 'The bot token begins with xoxb-: it is under OAuth & Permissions')
    .optional(),
  apiUrl: apiUrl.default(slackApi),
});

/** What is left out stays, or has to be given the first time. */
export const slackChanges = z.strictObject({
  signingSecret: slackAccess.shape.signingSecret.meta({
    description: 'Slack shows it under Basic Information. Kept encrypted, never shown again',
  }),
  botToken: slackAccess.shape.botToken.meta({
    description: 'Slack shows it under OAuth & Permissions. Kept encrypted, never shown again',
  }),
  apiUrl: apiUrl.optional().meta({
    description: `For GovSlack. With another one, the token has to be given again. At first ${slackApi}`,
  }),
});
export type SlackChanges = z.infer<typeof slackChanges>;

export const slackAnswer = z
  .object({
    id: z.string(),
    botId: z.string(),
    connected: z.boolean().meta({ description: 'Both secrets are there' }),
    team: z.string().nullable().meta({ description: 'The name of the workspace' }),
    apiUrl: z.string(),
    url: z.string().meta({ description: 'Where Slack sends its events' }),
    manifest: z.record(z.string(), z.unknown()).meta({ description: 'To make the app in Slack with' }),
    lastError: z.string().nullable().meta({ description: 'Why Slack did not take the last answer' }),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'SlackConnection' });

/** As a configuration file has it. */
export const keptSlack = z.strictObject({ apiUrl: apiUrl.optional() });

/** In the clear. `team` and `botUser` are what Slack said of the token. */
export const slackSecrets = z.object({
  signingSecret: z.string().nullable(),
  botToken: z.string().nullable(),
  team: z.string().nullable(),
  botUser: z.string().nullable(),
});
export type SlackSecrets = z.infer<typeof slackSecrets>;
