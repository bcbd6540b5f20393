import type { Actor } from '../../src/accounts/actor.js';
import { syncSucceeded } from '../../src/webhooks/events.js';
import type { Secrets } from '../../src/webhooks/secrets.js';
import type { Running } from './server.js';

export const admin: Actor = { id: null, name: 'Ada', email: 'ada@example.com', role: 'admin' };

export type Hook = { id: string; botId: string } & Secrets;

/** A bot with a `sync.success` webhook that points at `url`. */
export async function makeHook(
  { hookbell }: Pick<Running, 'hookbell'>,
  url: string,
  botId?: string,
): Promise<Hook> {
  const at = hookbell.deps.clock();
  const { bots, webhooks } = hookbell;
  const bot = botId ?? (await bots.create({ ...blank, name: 'Help desk' }, admin, at)).id;
  const input = { type: 'sync.success', targetUrl: url, enabled: true } as const;
  const { webhook, secrets } = await webhooks.create(bot, input, admin, at);
  return { ...secrets, id: webhook.id, botId: bot };
}

const blank = {
  welcomeMessage: '',
  instructions: '',
  humanTakeover: false,
  storageTokenLimit: null,
  notificationEmail: null,
  allowedOrigins: [],
};

/** Something that happened to the bot: a sync whose count of tokens is `tokens`. */
export async function emit({ hookbell }: Running, botId: string, tokens = 0): Promise<void> {
  const results = {
    totalTokens: tokens,
    modifiedRows: 1,
    totalDocuments: 1,
    unmodifiedRows: 0,
    totalDataSourceRows: 1,
  };
  const event = syncSucceeded(
    { id: 'a-source', name: 'Manual', bot: { id: botId, name: 'Help desk' } },
    results,
  );
  await hookbell.deps.db.transaction((tx) => hookbell.outbox.append(tx, event, hookbell.deps.clock()));
}

/** The only delivery of a webhook, with its attempts. */
export async function onlyDelivery({ hookbell }: Running, webhookId: string) {
  const [delivery] = await hookbell.deliveries.listOf(webhookId, null, { limit: 10, after: null });
  return hookbell.deliveries.withAttempts(admin, delivery!.id);
}
