import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { rangeQuery } from './range.js';
import { figuresAnswer, showFigures } from './schema.js';
import type { FigureService } from './service.js';

export function figureEndpoints(figures: FigureService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/webhooks/{id}/figures',
      summary: 'Attempts by outcome, how long they took, and what waits, over time',
      access: 'user',
      tag: 'Webhooks',
      params: z.object({ id: z.string() }),
      query: rangeQuery,
      answers: { 200: { description: 'The figures of a webhook', schema: figuresAnswer } },
      run: async ({ params, query, user, at }) => ({
        status: 200,
        body: showFigures(await figures.ofWebhook(user, params.id, query.range, at)),
      }),
    }),
  ];
}
