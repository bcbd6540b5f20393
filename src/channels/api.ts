import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { rotation } from '../webhooks/schema.js';
import { channelUrl } from './address.js';
import { channelAnswer, channelChanges, channelWithSecret, newChannel, secretOfChannel } from './schema.js';
import type { ChannelService } from './service.js';
import type { Channel } from './store.js';

const params = z.object({ id: z.string() });
const forUsers = { access: 'user', tag: 'API channels', params } as const;
const forAdmins = { access: 'admin', tag: 'API channels', params } as const;

export function channelEndpoints(
  { publicUrl }: { publicUrl: string },
  bots: Pick<BotService, 'seenBy'>,
  channels: ChannelService,
): Endpoint[] {
  const show = ({ secret: _sealed, createdAt, updatedAt, ...channel }: Channel) => ({
    ...channel,
    url: channelUrl(publicUrl, channel.id),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  });

  return [
    endpoint({
      method: 'get',
      path: '/bots/{id}/channels',
      summary: 'List the API channels of a bot, newest first',
      ...forUsers,
      query: pageQuery,
      answers: { 200: { description: 'A page of API channels', schema: pageOf(channelAnswer) } },
      run: async ({ params, query, user }) => {
        await bots.seenBy(user, params.id);
        const rows = await channels.listOf(params.id, windowOf(query, 'number, id'));
        return { status: 200, body: page(rows, query.limit, (row) => [row.createdAt, row.id], show) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/channels',
      summary: 'Create an API channel; the answer is where its secret is shown',
      ...forAdmins,
      body: newChannel,
      answers: { 201: { description: 'The new channel with its secret', schema: channelWithSecret } },
      run: async ({ params, body, user, at }) => {
        const { channel, secret } = await channels.create(params.id, body, user, at);
        return { status: 201, body: { ...show(channel), secret } };
      },
    }),
    endpoint({
      method: 'get',
      path: '/channels/{id}',
      summary: 'Read an API channel',
      ...forUsers,
      answers: { 200: { description: 'The channel', schema: channelAnswer } },
      run: async ({ params, user }) => ({ status: 200, body: show(await channels.seenBy(user, params.id)) }),
    }),
    endpoint({
      method: 'patch',
      path: '/channels/{id}',
      summary: 'Change, enable or disable an API channel',
      ...forAdmins,
      body: channelChanges,
      answers: { 200: { description: 'The channel as it is now', schema: channelAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: show(await channels.change(params.id, body, user, at)),
      }),
    }),
    endpoint({
      method: 'delete',
      path: '/channels/{id}',
      summary: 'Delete an API channel; its conversations stay',
      ...forAdmins,
      answers: { 204: { description: 'Deleted' } },
      run: async ({ params, user, at }) => {
        await channels.remove(params.id, user, at);
        return { status: 204 };
      },
    }),
    endpoint({
      method: 'get',
      path: '/channels/{id}/secret',
      summary: 'Reveal the secret; recorded in the audit log',
      ...forAdmins,
      answers: { 200: { description: 'The secret', schema: secretOfChannel } },
      run: async ({ params, user, at }) => ({
        status: 200,
        body: { secret: await channels.reveal(params.id, user, at) },
      }),
    }),
    endpoint({
      method: 'post',
      path: '/channels/{id}/rotate-secret',
      summary: 'A new secret, at once; the old one stops working',
      ...forAdmins,
      body: rotation,
      answers: { 200: { description: 'The new secret', schema: secretOfChannel } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: { secret: await channels.rotateSecret(params.id, body.secret, user, at) },
      }),
    }),
  ];
}
