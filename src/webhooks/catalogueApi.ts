import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { eventTypes, jsonSchemaOf } from './catalogue.js';

const entry = z.object({
  type: z.string(),
  title: z.string(),
  description: z.string(),
  when: z.string(),
  schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema 2020-12 of the body' }),
  example: z.record(z.string(), z.unknown()),
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
      body: { data: eventTypes.map((event) => ({ ...event, schema: jsonSchemaOf(event) })) },
    }),
  }),
];
