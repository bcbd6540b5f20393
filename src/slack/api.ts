import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Bot } from '../bots/store.js';
import { NotFound } from '../errors.js';
import { slackManifest, slackUrl } from './manifest.js';
import { slackAnswer, slackChanges } from './schema.js';
import type { SlackService } from './service.js';
import type { SlackChannel } from './store.js';

const of = { access: 'admin', tag: 'Slack', params: z.object({ id: z.string() }) } as const;

/** What the page of a bot in Slack does. The secrets are Slack's, which shows them: here they only go in. */
export function slackEndpoints(
  { publicUrl }: { publicUrl: string },
  bots: Pick<BotService, 'seenBy'>,
  slack: SlackService,
): Endpoint[] {
  const show = (
    bot: Bot,
    { signingSecret, botToken, botUser: _, createdAt, updatedAt, ...rest }: SlackChannel,
  ) => ({
    ...rest,
    connected: signingSecret !== null && botToken !== null,
    url: slackUrl(publicUrl, rest.id),
    manifest: slackManifest(bot.name, slackUrl(publicUrl, rest.id)),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  });

  return [
    endpoint({
      method: 'get',
      path: '/bots/{id}/slack',
      summary: 'Read how a bot is in Slack',
      ...of,
      answers: { 200: { description: 'Its connection; the secrets are not in it', schema: slackAnswer } },
      run: async ({ params, user }) => {
        const bot = await bots.seenBy(user, params.id);
        const channel = await slack.seenBy(user, bot.id);
        if (!channel) throw new NotFound('Connection to Slack');
        return { status: 200, body: show(bot, channel) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/slack',
      summary: 'Begin to connect a bot to Slack: gives the manifest to make the app with',
      ...of,
      answers: {
        200: { description: 'Somebody began already: as it is', schema: slackAnswer },
        201: { description: 'Begun', schema: slackAnswer },
      },
      run: async ({ params, user, at }) => {
        const bot = await bots.seenBy(user, params.id);
        const before = await slack.seenBy(user, bot.id);
        await slack.begin(bot.id, user, at);
        const channel = await slack.seenBy(user, bot.id);
        return { status: before ? 200 : 201, body: show(bot, channel!) };
      },
    }),
    endpoint({
      method: 'patch',
      path: '/bots/{id}/slack',
      summary: 'Connect a bot to Slack with the secrets of the app, or change them',
      ...of,
      body: slackChanges,
      answers: { 200: { description: 'Connected: Slack knows the token', schema: slackAnswer } },
      run: async ({ params, body, user, at }) => {
        const bot = await bots.seenBy(user, params.id);
        return { status: 200, body: show(bot, await slack.connect(bot.id, body, user, at)) };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/bots/{id}/slack',
      summary: 'Disconnect a bot from Slack; its conversations stay',
      ...of,
      answers: { 204: { description: 'Disconnected' } },
      run: async ({ params, user, at }) => {
        await slack.remove(params.id, user, at);
        return { status: 204 };
      },
    }),
  ];
}
