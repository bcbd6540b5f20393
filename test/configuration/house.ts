import { load } from 'cheerio';
import type { Response } from 'supertest';
import { newBot } from '../../src/bots/schema.js';
import { newChannel } from '../../src/channels/schema.js';
import { newSource } from '../../src/sources/schema.js';
import { newWebhook } from '../../src/webhooks/schema.js';
import { admin } from '../support/outbox.js';
import type { Running } from '../support/server.js';
import type { Page } from '../support/visitor.js';

export const inSlack = {
  signingSecret: 'signing-secret-of-slack',
  botToken: 'xoxb-of-slack',
  team: 'Acme',
  botUser: 'UBOT',
};

export type Furnished = {
  botId: string;
  sources: Record<'notes' | 'orders' | 'wiki', string>;
  channelId: string;
  secrets: string[];
};

/** A bot with a data source of each way to keep secrets, webhooks of each kind, an API channel, and in Slack. */
export async function furnish({ hookbell }: Pick<Running, 'hookbell'>): Promise<Furnished> {
  const { bots, sources, webhooks, channels, slack, deps } = hookbell;
  const at = deps.clock();
  const bot = await bots.create(newBot.parse({ name: 'Help desk', welcomeMessage: 'Welcome' }), admin, at);
  const make = async (input: object) => (await sources.create(bot.id, newSource.parse(input), admin, at)).id;
  const notes = await make({
    name: 'Notes',
    type: 'text',
    config: { entries: [{ title: 'A', text: 'One' }] },
  });
  const url = 'http://127.0.0.1:9/';
  const orders = await make({
    name: 'Orders',
    type: 'json',
    config: { url, headers: { 'X-Key': 'header of orders' } },
  });
  const wiki = await make({
    name: 'Wiki',
    type: 'notion',
    config: { token: 'token-of-notion', baseUrl: url },
  });
  const hook = async (input: object) =>
    (await webhooks.create(bot.id, newWebhook.parse(input), admin, at)).secrets;
  const trigger = await hook({ type: 'sync.trigger', dataSourceId: notes });
  const heard = await hook({
    type: 'sync.success',
    targetUrl: `${url}hook`,
    dataSourceId: orders,
    headers: { Authorization: 'Bearer of webhook' },
    requestsPerSecond: 5,
  });
  const started = await hook({ type: 'conversation.started', targetUrl: `${url}started` });
  const site = await channels.create(bot.id, newChannel.parse({ name: 'Old site' }), admin, at);
  await slack.begin(bot.id, admin, at);
  await slack.restore(bot.id, { apiUrl: `${url}api/`, ...inSlack }, admin, at);
  const own = [trigger, heard, started].flatMap(({ secret, signingSecret }) =>
    [secret, signingSecret ?? []].flat(),
  );
  return {
    botId: bot.id,
    sources: { notes, orders, wiki },
    channelId: site.channel.id,
    secrets: [
      'header of orders',
      'token-of-notion',
      'Bearer of webhook',
      site.secret,
      inSlack.signingSecret,
      inSlack.botToken,
      ...own,
    ],
  };
}

export const reading = (response: Response): Page =>
  Object.assign(response, { $: load(response.text ?? '') });
