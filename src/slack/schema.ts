import { z } from 'zod';

export const slackApi = 'https://slack.com/api/';

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
  apiUrl: z
    .url({ protocol: /^https?$/, error: 'An address such as https://slack.com/api/' })
    .max(500, 'At most 500 characters')
    .transform((url) => (url.endsWith('/') ? url : `${url}/`))
    .default(slackApi),
});
export type SlackAccess = z.infer<typeof slackAccess>;
