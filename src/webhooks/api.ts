import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoOrNull, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { newWebhook, webhookAnswer, webhookChanges, webhookWithSecrets } from './schema.js';
import { healthOf, type WebhookService } from './service.js';
import type { Webhook } from './store.js';

const params = z.object({ id: z.string() });
const forUsers = { access: 'user', tag: 'Webhooks', params } as const;
const forAdmins = { access: 'admin', tag: 'Webhooks', params } as const;
const asItIsNow = { 200: { description: 'The webhook as it is now', schema: webhookAnswer } };

export function webhookEndpoints(bots: BotService, webhooks: WebhookService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/bots/{id}/webhooks',
      summary: 'List the webhooks of a bot, newest first',
      ...forUsers,
      query: pageQuery,
      answers: { 200: { description: 'A page of webhooks', schema: pageOf(webhookAnswer) } },
      run: async ({ params, query, user }) => {
        await bots.seenBy(user, params.id);
        const rows = await webhooks.listOf(params.id, windowOf(query, 'number, id'));
        return { status: 200, body: page(rows, query.limit, (row) => [row.createdAt, row.id], show) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/webhooks',
      summary: 'Create a webhook; the answer is where its secrets are shown',
      ...forAdmins,
      body: newWebhook,
      answers: { 201: { description: 'The new webhook with its secrets', schema: webhookWithSecrets } },
      run: async ({ params, body, user, at }) => {
        const { webhook, secrets } = await webhooks.create(params.id, body, user, at);
        return { status: 201, body: { ...show(webhook), ...secrets } };
      },
    }),
    endpoint({
      method: 'get',
      path: '/webhooks/{id}',
      summary: 'Read a webhook',
      ...forUsers,
      answers: { 200: { description: 'The webhook', schema: webhookAnswer } },
      run: async ({ params, user }) => shown(await webhooks.seenBy(user, params.id)),
    }),
    endpoint({
      method: 'patch',
      path: '/webhooks/{id}',
      summary: 'Change a webhook',
      ...forAdmins,
      body: webhookChanges,
      answers: asItIsNow,
      run: async ({ params, body, user, at }) => shown(await webhooks.change(params.id, body, user, at)),
    }),
    endpoint({
      method: 'delete',
      path: '/webhooks/{id}',
      summary: 'Delete a webhook and its deliveries',
      ...forAdmins,
      answers: { 204: { description: 'Deleted' } },
      run: async ({ params, user, at }) => {
        await webhooks.remove(params.id, user, at);
        return { status: 204 };
      },
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/pause',
      summary: 'Hold the deliveries of a webhook; they wait and are kept',
      ...forAdmins,
      answers: asItIsNow,
      run: async ({ params, user, at }) => shown(await webhooks.pause(params.id, user, at)),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/resume',
      summary: 'Send what waited',
      ...forAdmins,
      answers: asItIsNow,
      run: async ({ params, user, at }) => shown(await webhooks.resume(params.id, user, at)),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/try',
      summary: 'Try one delivery of a webhook that failures paused now; a success resumes it',
      ...forAdmins,
      answers: asItIsNow,
      run: async ({ params, user, at }) => shown(await webhooks.tryNow(params.id, user, at)),
    }),
  ];

  function shown(webhook: Webhook) {
    return { status: 200, body: show(webhook) };
  }

  function show(webhook: Webhook) {
    const { health, reason } = healthOf(webhook);
    return {
      id: webhook.id,
      botId: webhook.botId,
      type: webhook.type,
      dataSourceId: webhook.dataSourceId,
      targetUrl: webhook.targetUrl,
      enabled: webhook.enabled,
      health,
      healthReason: reason,
      failingSince: isoOrNull(webhook.failingSince),
      pausedAt: isoOrNull(webhook.pausedAt),
      nextTryAt: isoOrNull(webhook.probeAt),
      headers: webhooks.headerNames(webhook),
      requestsPerSecond: webhook.requestsPerSecond,
      concurrency: webhook.concurrency,
      timeoutSeconds: webhook.timeoutSeconds,
      inOrder: webhook.inOrder,
      createdAt: iso(webhook.createdAt),
      updatedAt: iso(webhook.updatedAt),
    };
  }
}
