import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { revealedAnswer, rotation, secretsAnswer, signingRotation } from './schema.js';
import type { WebhookService } from './service.js';

const hour = 3_600_000;
const forAdmins = { access: 'admin', tag: 'Webhooks', params: z.object({ id: z.string() }) } as const;

export function webhookSecretEndpoints(webhooks: WebhookService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/webhooks/{id}/secret',
      summary: 'Reveal the secrets; recorded in the audit log',
      ...forAdmins,
      answers: { 200: { description: 'The secrets', schema: revealedAnswer } },
      run: async ({ params, user, at }) => ({
        status: 200,
        body: await webhooks.reveal(params.id, user, at),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/webhooks/{id}/rotate-secret',
      summary: 'A new secret, at once; the old one stops working',
      ...forAdmins,
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
      ...forAdmins,
      body: signingRotation,
      answers: { 200: { description: 'The new one', schema: z.object({ signingSecret: z.string() }) } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: await webhooks.rotateSigningSecret(params.id, body.overlapHours * hour, user, at),
      }),
    }),
  ];
}
