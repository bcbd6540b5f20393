import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoOrNull, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import type { Delivery, RecordedAttempt } from '../outbox/store.js';
import type { DeliveryService } from './deliveries.js';
import { deliveryAnswer, deliveryStatus, deliveryWithAttempts } from './schema.js';
import type { WebhookService } from './service.js';

const id = z.object({ id: z.string() });
const tag = 'Deliveries';

function show(delivery: Delivery) {
  return {
    id: delivery.id,
    webhookId: delivery.webhookId,
    type: delivery.type,
    status: delivery.status,
    attempts: delivery.attempts,
    nextAttemptAt: isoOrNull(delivery.nextAttemptAt),
    createdAt: iso(delivery.createdAt),
    deliveredAt: delivery.status === 'delivered' ? isoOrNull(delivery.finishedAt) : null,
    test: delivery.test,
    payload: JSON.parse(delivery.body),
  };
}

const showAttempt = (attempt: RecordedAttempt) => ({ ...attempt, startedAt: iso(attempt.startedAt) });

export function deliveryEndpoints(webhooks: WebhookService, deliveries: DeliveryService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/webhooks/{id}/deliveries',
      summary: 'List the deliveries of a webhook, newest first',
      access: 'user',
      tag,
      params: id,
      query: pageQuery.extend({ status: deliveryStatus.optional() }),
      answers: { 200: { description: 'A page of deliveries', schema: pageOf(deliveryAnswer) } },
      run: async ({ params, query, user }) => {
        const webhook = await webhooks.seenBy(user, params.id);
        const rows = await deliveries.listOf(webhook.id, query.status ?? null, windowOf(query, 'number'));
        return { status: 200, body: page(rows, query.limit, (row) => [row.seq], show) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/deliveries/{id}',
      summary: 'Read a delivery with each of its attempts',
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The delivery', schema: deliveryWithAttempts } },
      run: async ({ params, user }) => {
        const { delivery, attempts } = await deliveries.withAttempts(user, params.id);
        return { status: 200, body: { ...show(delivery), attemptLog: attempts.map(showAttempt) } };
      },
    }),
    endpoint({
      method: 'post',
      path: '/deliveries/{id}/redeliver',
      summary: 'Send a delivery again, with the same id',
      access: 'admin',
      tag,
      params: id,
      answers: { 202: { description: 'Back on the schedule', schema: deliveryAnswer } },
      run: async ({ params, user, at }) => ({
        status: 202,
        body: show(await deliveries.redeliver(params.id, user, at)),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/test',
      summary: 'Send the documented example through the real outbox',
      access: 'admin',
      tag,
      params: id,
      answers: { 202: { description: 'The delivery', schema: deliveryAnswer } },
      run: async ({ params, user, at }) => ({
        status: 202,
        body: show(await deliveries.sendTest(params.id, user, at)),
      }),
    }),
  ];
}
