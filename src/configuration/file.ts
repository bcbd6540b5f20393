import { z } from 'zod';
import { Invalid } from '../errors.js';
import { fieldErrors } from '../http/problem.js';
import { slackSecrets } from '../slack/schema.js';
import { ownId } from '../webhooks/schema.js';

const id = ownId.optional();
const name = z.string().trim().min(1, 'Missing');

/** What an entry means is told by these; the rest of it is for the schemas of the API. */
const dataSource = z.looseObject({ id, name });
const webhook = z.looseObject({
  id,
  type: z.string(),
  /** The name or id of a data source of its bot; null: all of them. */
  dataSource: z.string().nullish(),
  targetUrl: z.string().nullish(),
});
const channel = z.looseObject({ id, name });
const slack = z.looseObject({ id });
const bot = z.looseObject({
  id,
  name,
  dataSources: z.array(dataSource).default([]),
  webhooks: z.array(webhook).default([]),
  channels: z.array(channel).default([]),
  /** Null for a bot that is not in Slack, which takes it away from nobody. */
  slack: slack.nullish(),
});

/** A configuration as JSON: bots with what belongs to them. Where a secret was left out stands null, or nothing. */
export const configurationFile = z.strictObject({
  hookbell: z.literal(
    'configuration',
    'Not a configuration that Hookbell exported: write "configuration" here',
  ),
  version: z.literal(1, 'This version of Hookbell reads version 1'),
  /** Sealed with a passphrase: the secrets by the ids of their owners. */
  secrets: z.string().nullish(),
  bots: z.array(bot),
});
export type ConfigurationFile = z.infer<typeof configurationFile>;
export type BotEntry = z.infer<typeof bot>;
export type SourceEntry = z.infer<typeof dataSource>;
export type WebhookEntry = z.infer<typeof webhook>;
export type ChannelEntry = z.infer<typeof channel>;
export type SlackEntry = z.infer<typeof slack>;

/** The secrets of one data source (what was null in its config), webhook, API channel or connection to Slack. */
const ownSecrets = z.object({
  config: z.record(z.string(), z.unknown()).optional(),
  secret: z.string().optional(),
  signingSecret: z
    .string()
    .regex(/^whsec_/)
    .optional(),
  headers: z.record(z.string(), z.string()).optional(),
  slack: slackSecrets.optional(),
});
export const secretsById = z.record(z.string(), ownSecrets);
export type OwnSecrets = z.infer<typeof ownSecrets>;
export type SecretsById = z.infer<typeof secretsById>;

/** Throws `Invalid` with paths such as `bots.0.dataSources.2.name`. */
export function readFile(text: string): ConfigurationFile {
  const parsed = configurationFile.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new Invalid(
    fieldErrors(parsed.error).map(({ path, message }) => ({ path: path || 'file', message })),
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Invalid([{ path: 'file', message: `Not JSON: ${(error as Error).message}` }]);
  }
}
