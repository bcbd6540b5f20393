import type { Knex } from 'knex';
import { type Bot, botStore } from '../bots/store.js';
import { type Channel, channelStore } from '../channels/store.js';
import type { SlackSecrets } from '../slack/schema.js';
import { type SlackChannel, slackStore } from '../slack/store.js';
import type { Settings } from '../sources/settings.js';
import { type StoredSource, sourceStore } from '../sources/store.js';
import type { Vault } from '../vault.js';
import { webhookTypes } from '../webhooks/catalogue.js';
import { openedHeaders, type StaticHeaders } from '../webhooks/headers.js';
import { type Webhook, webhookStore } from '../webhooks/store.js';

/** What there is, secrets in the clear: never to be logged. */
export type StoredBot = Bot & {
  sources: OpenSource[];
  webhooks: OpenWebhook[];
  /** Their secrets are open. */
  channels: Channel[];
  slack: OpenSlack | null;
};
export type OpenSource = Omit<StoredSource, 'config'> & { config: Settings };
export type OpenWebhook = Webhook & { headers: StaticHeaders; secret: string; signingSecret: string | null };

export type OpenSlack = Pick<SlackChannel, 'id' | 'apiUrl'> & SlackSecrets;

const all = { limit: 1_000_000, after: null };

/** All bots with what belongs to them, in an order of their ids: exports differ only where something differs. */
export async function storedBots(connection: Knex, vault: Vault): Promise<StoredBot[]> {
  const found: StoredBot[] = [];
  for (const bot of (await botStore(connection).list(all)).reverse()) {
    const sources = (await sourceStore(connection).listOf(bot.id, all)).reverse();
    const webhooks = (await webhookStore(connection).listOf(bot.id, all)).sort(byTypeAndId);
    const channels = (await channelStore(connection).listOf(bot.id, all)).reverse();
    const slack = await slackStore(connection).ofBot(bot.id);
    const opened: OpenWebhook[] = [];
    // One after another: they share a connection.
    for (const webhook of webhooks) opened.push(await open(connection, vault, webhook));
    found.push({
      ...bot,
      sources: sources.map((source) => ({ ...source, config: JSON.parse(vault.open(source.config)) })),
      webhooks: opened,
      channels: channels.map((channel) => ({ ...channel, secret: vault.open(channel.secret) })),
      slack: slack && openSlack(vault, slack),
    });
  }
  return found;
}

function openSlack(
  vault: Vault,
  { id, apiUrl, signingSecret, botToken, team, botUser }: SlackChannel,
): OpenSlack {
  const opened = (sealed: string | null) => sealed && vault.open(sealed);
  return { id, apiUrl, signingSecret: opened(signingSecret), botToken: opened(botToken), team, botUser };
}

function byTypeAndId(one: Webhook, other: Webhook): number {
  const [left, right] = [one, other].map(({ type, id }) => `${webhookTypes.indexOf(type)} ${id}`) as [
    string,
    string,
  ];
  return left < right ? -1 : 1;
}

async function open(connection: Knex, vault: Vault, webhook: Webhook): Promise<OpenWebhook> {
  const sealed = (await webhookStore(connection).sealedSecrets(webhook.id))!;
  return {
    ...webhook,
    headers: openedHeaders(vault, webhook.sealedHeaders),
    secret: vault.open(sealed.secret),
    signingSecret: sealed.signingSecret && vault.open(sealed.signingSecret),
  };
}

type Table = 'bots' | 'data_sources' | 'webhooks';
type Row = { id: string; deleted_at: number | string | null };

/** The ids that can be given to nothing new: of what is there, and of what was deleted and is still being removed. */
export async function idsInUse(
  connection: Knex,
  table: Table,
): Promise<{ living: Set<string>; deleted: Set<string> }> {
  const rows: Row[] = await connection(table)
    .modify((query) => {
      // The id of a deleted trigger is free at once: an old URL may come back.
      if (table === 'webhooks') query.whereNull('deleted_at').orWhereNot({ type: 'sync.trigger' });
    })
    .select('id', 'deleted_at');
  const ids = (some: Row[]) => new Set(some.map(({ id }) => id));
  return {
    living: ids(rows.filter((row) => row.deleted_at === null)),
    deleted: ids(rows.filter((row) => row.deleted_at !== null)),
  };
}

/** Of API channels, which are removed at once. */
export async function idsOfChannels(
  connection: Knex,
): Promise<{ living: Set<string>; deleted: Set<string> }> {
  const rows: { id: string }[] = await connection('api_channels').select('id');
  return { living: new Set(rows.map(({ id }) => id)), deleted: new Set() };
}
