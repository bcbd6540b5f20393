import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import { botAnswer, botChanges, botId, newBot } from './schema.js';
import type { BotService } from './service.js';
import type { Bot } from './store.js';

const show = (bot: Bot) => ({ ...bot, createdAt: iso(bot.createdAt), updatedAt: iso(bot.updatedAt) });

export function botEndpoints(bots: BotService): Endpoint[] {
  const tag = 'Bots';
  return [
    endpoint({
      method: 'get',
      path: '/bots',
      summary: 'List bots, newest first',
      access: 'user',
      tag,
      query: pageQuery,
      answers: { 200: { description: 'A page of bots', schema: pageOf(botAnswer) } },
      run: async ({ query, user }) => {
        const rows = await bots.list(user, windowOf(query));
        return { status: 200, body: page(rows, query.limit, (bot) => [bot.id], show) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots',
      summary: 'Create a bot',
      access: 'admin',
      tag,
      body: newBot,
      answers: { 201: { description: 'The new bot', schema: botAnswer } },
      run: async ({ body, user, at }) => ({ status: 201, body: show(await bots.create(body, user, at)) }),
    }),
    endpoint({
      method: 'get',
      path: '/bots/{id}',
      summary: 'Read a bot',
      access: 'user',
      tag,
      params: botId,
      answers: { 200: { description: 'The bot', schema: botAnswer } },
      run: async ({ params, user }) => ({ status: 200, body: show(await bots.seenBy(user, params.id)) }),
    }),
    endpoint({
      method: 'patch',
      path: '/bots/{id}',
      summary: 'Change a bot',
      access: 'admin',
      tag,
      params: botId,
      body: botChanges,
      answers: { 200: { description: 'The bot as it is now', schema: botAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: show(await bots.change(params.id, body, user, at)),
      }),
    }),
    endpoint({
      method: 'delete',
      path: '/bots/{id}',
      summary: 'Delete a bot with all that belongs to it',
      access: 'admin',
      tag,
      params: botId,
      answers: { 204: { description: 'Deleted' } },
      run: async ({ params, user, at }) => {
        await bots.remove(params.id, user, at);
        return { status: 204 };
      },
    }),
  ];
}
