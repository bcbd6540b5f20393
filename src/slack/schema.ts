import { z } from 'zod';

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
export type SlackAccess = z.infer<typeof slackAccess>;

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
