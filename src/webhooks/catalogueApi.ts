import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { eventTypes } from './catalogue.js';

const entry = z.object({
  type: z.string(),
  title: z.string(),
  description: z.string(),
  schema: z.unknown(),
  example: z.unknown(),
});

export const catalogueEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/event-types',
    summary: 'The catalogue of events: description, JSON Schema, example',
    access: 'user',
    tag: 'Webhooks',
    answers: { 200: { description: 'Every type of event', schema: z.object({ data: z.array(entry) }) } },
    run: async () => ({
      status: 200,
      body: { data: eventTypes.map((type) => ({ ...type, schema: z.toJSONSchema(type.schema) })) },
    }),
  }),
];
