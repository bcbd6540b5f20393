import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoOrNull, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import { count, orderFrom, replayAnswer, replayOrder, replayQuery, wantedFrom } from './schema.js';
import type { ReplayService } from './service.js';
import type { Replay } from './store.js';

const id = z.object({ id: z.string() });
const tag = 'Replays';

const show = (replay: Replay) => ({
  id: replay.id,
  webhookId: replay.webhookId,
  since: iso(replay.since),
  until: isoOrNull(replay.until),
  status: replay.status,
  perSecond: replay.perSecond,
  state: replay.state,
  progress: { done: replay.done, total: replay.total },
  createdBy: replay.createdBy,
  createdAt: iso(replay.createdAt),
  finishedAt: isoOrNull(replay.finishedAt),
});

export function replayEndpoints(replays: ReplayService): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/replay',
      summary: 'Send deliveries again, with the same ids; the header Location is where to follow it',
      access: 'admin',
      tag,
      params: id,
      body: replayOrder,
      answers: { 202: { description: 'How many it is about', schema: count } },
      run: async ({ params, body, user, at, req }) => {
        const replay = await replays.start(params.id, orderFrom(body), user, at);
        req.res?.location(`/api/v1/replays/${replay.id}`);
        return { status: 202, body: { count: replay.total } };
      },
    }),
    endpoint({
      method: 'get',
      path: '/webhooks/{id}/replay-preview',
      summary: 'How many deliveries a replay would send again; changes nothing',
      access: 'user',
      tag,
      params: id,
      query: replayQuery,
      refusals: [409],
      answers: { 200: { description: 'How many', schema: count } },
      run: async ({ params, query, user, at }) => {
        const webhook = await replays.outgoing(user, params.id);
        const preview = await replays.preview(webhook, wantedFrom(query), at);
        return { status: 200, body: { count: preview.count } };
      },
    }),
    endpoint({
      method: 'get',
      path: '/webhooks/{id}/replays',
      summary: 'List the replays of a webhook, newest first',
      access: 'user',
      tag,
      params: id,
      query: pageQuery,
      refusals: [409],
      answers: { 200: { description: 'A page of replays', schema: pageOf(replayAnswer) } },
      run: async ({ params, query, user }) => {
        const webhook = await replays.outgoing(user, params.id);
        const rows = await replays.listOf(webhook.id, windowOf(query, 'number, id'));
        return { status: 200, body: page(rows, query.limit, (row) => [row.createdAt, row.id], show) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/replays/{id}',
      summary: 'Read a replay and how far it has come',
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The replay', schema: replayAnswer } },
      run: async ({ params, user }) => ({
        status: 200,
        body: show((await replays.seenBy(user, params.id)).replay),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/replays/{id}/cancel',
      summary: 'Stop a replay: what it has not put back yet stays as it was',
      access: 'admin',
      tag,
      params: id,
      answers: { 200: { description: 'The replay as it is now', schema: replayAnswer } },
      run: async ({ params, user, at }) => ({
        status: 200,
        body: show((await replays.cancel(params.id, user, at)).replay),
      }),
    }),
  ];
}
