import { newBot } from '../bots/schema.js';
import { newChannel } from '../channels/schema.js';
import { newSource } from '../sources/schema.js';
import { newWebhook } from '../webhooks/schema.js';
import type {
  BotEntry,
  ConfigurationFile,
  OwnSecrets,
  SecretsById,
  SourceEntry,
  WebhookEntry,
} from './file.js';
import { secretsIn, withoutSecrets } from './secrets.js';
import type { OpenSlack, OpenSource, OpenWebhook, StoredBot } from './stored.js';

const ofBots = Object.keys(newBot.shape);
const ofSources = Object.keys(newSource.options[0].shape).filter((name) => name !== 'config');
const ofWebhooks = Object.keys(newWebhook.shape);
const ofChannels = Object.keys(newChannel.shape).filter((name) => !['id', 'name', 'secret'].includes(name));
/** What other words stand for, or the secrets have; a trigger sends nothing. */
const apart = ['id', 'type', 'dataSourceId', 'secret', 'headers'];
const ofTriggers = ['enabled'];

/** What there is as a file, its secrets left out. Two exports of the same are the same text. */
export const fileOf = (bots: StoredBot[]): ConfigurationFile => ({
  hookbell: 'configuration',
  version: 1,
  bots: bots.map(botEntry),
});

/** What `fileOf` leaves out, by the ids of those it belongs to. */
export function secretsOf(bots: StoredBot[]): SecretsById {
  const entries = bots.flatMap(({ sources, webhooks, channels, slack }): [string, OwnSecrets][] => [
    ...sources.flatMap(({ id, config }): [string, OwnSecrets][] => {
      const found = secretsIn(config);
      return found ? [[id, { config: found }]] : [];
    }),
    ...webhooks.map(({ id, secret, signingSecret, headers }): [string, OwnSecrets] => [
      id,
      { secret, headers, ...(signingSecret && { signingSecret }) },
    ]),
    ...channels.map(({ id, secret }): [string, OwnSecrets] => [id, { secret }]),
    ...(slack ? [slackSecretsOf(slack)] : []),
  ]);
  return Object.fromEntries(entries);
}

function botEntry(bot: StoredBot): BotEntry {
  return {
    id: bot.id,
    name: bot.name,
    ...picked(bot, ofBots),
    dataSources: bot.sources.map(sourceEntry),
    webhooks: bot.webhooks.map((webhook) => webhookEntry(webhook, bot.sources)),
    channels: bot.channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      ...picked(channel, ofChannels),
    })),
    slack: bot.slack && { id: bot.slack.id, apiUrl: bot.slack.apiUrl },
  };
}

function slackSecretsOf({ id, apiUrl: _, ...slack }: OpenSlack): [string, OwnSecrets] {
  return [id, { slack }];
}

function sourceEntry(source: OpenSource): SourceEntry {
  const { id, name, type, config } = source;
  return { id, name, type, ...picked(source, ofSources), config: withoutSecrets(config) };
}

function webhookEntry(webhook: OpenWebhook, sources: OpenSource[]): WebhookEntry {
  const { id, type, headers } = webhook;
  const own = {
    id,
    type,
    ...(type.startsWith('sync.') && { dataSource: called(webhook.dataSourceId, sources) }),
  };
  if (type === 'sync.trigger') return { ...own, ...picked(webhook, ofTriggers) };
  const sent = Object.fromEntries(Object.keys(headers).map((name) => [name, null]));
  return {
    ...own,
    ...picked(
      webhook,
      ofWebhooks.filter((name) => !apart.includes(name)),
    ),
    headers: sent,
  };
}

/** By its name, where only one has it. */
function called(id: string | null, sources: OpenSource[]): string | null {
  const name = sources.find((source) => source.id === id)?.name;
  return name !== undefined && sources.filter((source) => source.name === name).length === 1 ? name : id;
}

const picked = (from: object, names: string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, (from as Record<string, unknown>)[name]]));
