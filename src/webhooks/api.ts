import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoOrNull, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { eventTypes } from './catalogue.js';
import {
  newWebhook,
  rotation,
  secretsAnswer,
  signingRotation,
  webhookAnswer,
  webhookChanges,
  webhookWithSecrets,
} from './schema.js';
import { healthOf, type WebhookService } from './service.js';
import type { Webhook } from './store.js';

const hour = 3_600_000;
const id = z.object({ id: z.string() });
const tag = 'Webhooks';

export function show(webhook: Webhook) {
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
    createdAt: iso(webhook.createdAt),
    updatedAt: iso(webhook.updatedAt),
  };
}

export function webhookEndpoints(bots: BotService, webhooks: WebhookService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/bots/{id}/webhooks',
      summary: 'List the webhooks of a bot, newest first',
      access: 'user',
      tag,
      params: id,
      query: pageQuery,
      answers: { 200: { description: 'A page of webhooks', schema: pageOf(webhookAnswer) } },
      run: async ({ params, query, user }) => {
        await bots.seenBy(user, params.id);
        const rows = await webhooks.listOf(params.id, windowOf(query));
        return { status: 200, body: page(rows, query.limit, (row) => [row.createdAt, row.id], show) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/webhooks',
      summary: 'Create a webhook; the answer is where its secrets are shown',
      access: 'admin',
      tag,
      params: id,
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
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The webhook', schema: webhookAnswer } },
      run: async ({ params, user }) => ({ status: 200, body: show(await webhooks.seenBy(user, params.id)) }),
    }),
    endpoint({
      method: 'patch',
      path: '/webhooks/{id}',
      summary: 'Change a webhook',
      access: 'admin',
      tag,
      params: id,
      body: webhookChanges,
      answers: { 200: { description: 'The webhook as it is now', schema: webhookAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: show(await webhooks.change(params.id, body, user, at)),
      }),
    }),
    endpoint({
      method: 'delete',
      path: '/webhooks/{id}',
      summary: 'Delete a webhook and its deliveries',
      access: 'admin',
      tag,
      params: id,
      answers: { 204: { description: 'Deleted' } },
      run: async ({ params, user, at }) => {
        await webhooks.remove(params.id, user, at);
        return { status: 204 };
      },
    }),
    endpoint({
      method: 'get',
      path: '/webhooks/{id}/secret',
      summary: 'Reveal the secrets; recorded in the audit log',
      access: 'admin',
      tag,
      params: id,
      answers: { 200: { description: 'The secrets', schema: secretsAnswer } },
      run: async ({ params, user, at }) => ({
        status: 200,
        body: await webhooks.reveal(params.id, user, at),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/rotate-secret',
      summary: 'A new secret, at once; the old one stops working',
      access: 'admin',
      tag,
      params: id,
      body: rotation,
      answers: { 200: { description: 'The new secret', schema: secretsAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: await webhooks.rotateSecret(params.id, body.secret, user, at),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/rotate-signing-secret',
      summary: 'A new signing secret; old and new both sign during the overlap',
      access: 'admin',
      tag,
      params: id,
      body: signingRotation,
      answers: { 200: { description: 'The new one', schema: z.object({ signingSecret: z.string() }) } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: await webhooks.rotateSigningSecret(params.id, body.overlapHours * hour, user, at),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/pause',
      summary: 'Hold the deliveries of a webhook; they wait and are kept',
      access: 'admin',
      tag,
      params: id,
      answers: { 200: { description: 'The webhook as it is now', schema: webhookAnswer } },
      run: async ({ params, user, at }) => ({
        status: 200,
        body: show(await webhooks.pause(params.id, user, at)),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/resume',
      summary: 'Send what waited',
      access: 'admin',
      tag,
      params: id,
      answers: { 200: { description: 'The webhook as it is now', schema: webhookAnswer } },
      run: async ({ params, user, at }) => ({
        status: 200,
        body: show(await webhooks.resume(params.id, user, at)),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/event-types',
      summary: 'The catalogue of events: description, JSON Schema, example',
      access: 'user',
      tag,
      answers: {
        200: {
          description: 'Every type of event',
          schema: z.object({
            data: z.array(
              z.object({
                type: z.string(),
                title: z.string(),
                description: z.string(),
                schema: z.unknown(),
                example: z.unknown(),
              }),
            ),
          }),
        },
      },
      run: async () => ({
        status: 200,
        body: { data: eventTypes.map((entry) => ({ ...entry, schema: z.toJSONSchema(entry.schema) })) },
      }),
    }),
  ];
}
