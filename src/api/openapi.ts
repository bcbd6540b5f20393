import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject } from 'zod-openapi';
import type { Deps } from '../deps.js';
import { type EventType, eventTypes } from '../webhooks/catalogue.js';
import { receiverAnswers } from '../webhooks/receiverAnswers.js';
import { sentHeaders } from '../webhooks/sentHeaders.js';
import { type Endpoint, endpoint } from './endpoint.js';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

const idempotencyKey = z.object({
  'Idempotency-Key': z.string().max(255).optional().meta({
    description: 'The same key within 24 h gives the first answer again',
  }),
});

const uploadedFiles = {
  type: 'object' as const,
  properties: { file: { type: 'array' as const, items: { type: 'string' as const, format: 'binary' } } },
  required: ['file'],
};

/** OpenAPI 3.1 of the endpoints and of the webhooks, made from the schemas that check them. */
export function openApiDocument(
  endpoints: Endpoint[],
  { publicUrl, version }: { publicUrl: string; version: string },
) {
  const paths: NonNullable<ZodOpenApiObject['paths']> = {};
  for (const one of endpoints) {
    paths[one.path] = { ...paths[one.path], [one.method]: operation(one) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Hookbell',
      version,
      description: 'Bots, their data sources and syncs, webhooks and their deliveries.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: `${publicUrl}/api/v1` }],
    security: [{ apiKey: [] }],
    paths,
    webhooks: Object.fromEntries(eventTypes.map((event) => [event.type, { post: received(event) }])),
    components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'hb_…' } } },
  });
}

function operation(route: Endpoint): ZodOpenApiOperationObject {
  const { params, query, method } = route;
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    ...(route.access === 'anyone' && { security: [] }),
    requestParams: {
      ...(params && { path: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
      ...(method === 'post' && { header: idempotencyKey }),
    },
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: route.body } } },
    }),
    ...(route.upload && {
      requestBody: { required: true, content: { 'multipart/form-data': { schema: uploadedFiles } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, { description, schema }]) => [
          status,
          { description, ...(schema && { content: { 'application/json': { schema } } }) },
        ]),
      ),
      ...problems(route),
    },
  };
}

function problems({ access, method, params, body, query, upload, refusals = [] }: Endpoint) {
  const writes = method === 'post' || method === 'patch';
  const statuses = [
    writes && 400,
    access !== 'anyone' && 401,
    access !== 'anyone' && 403,
    params && 404,
    method !== 'get' && 409,
    writes && 413,
    writes && 415,
    (body || query || upload || method === 'post') && 422,
    429,
    ...refusals,
  ].filter((status) => typeof status === 'number');
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      { description: STATUS_CODES[status]!, content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
}

/** `POST /bots/{id}/webhooks` is `postBotsWebhooks`. */
function operationId({ method, path }: Endpoint): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word && word !== 'id');
  return (
    method +
    words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('') +
    (path.endsWith('{id}') ? 'ById' : '')
  );
}

/** OpenAPI tells the type of the content by itself. */
const headers = sentHeaders.filter(({ name }) => name !== 'Content-Type');

function received(event: EventType): ZodOpenApiOperationObject {
  return {
    operationId: event.type,
    summary: event.title,
    description: `${event.description} ${event.when}`,
    tags: ['Events'],
    // A receiver knows Hookbell by these headers, not by an API key.
    security: [],
    requestParams: {
      header: z.object(
        Object.fromEntries(
          headers.map(({ name, value, meaning }) => [
            name,
            z
              .string()
              .meta({ description: meaning, examples: [name === 'X-Hookbell-Event' ? event.type : value] }),
          ]),
        ),
      ),
    },
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: event.schema.meta({ id: nameOf(event) }), example: event.example },
      },
    },
    responses: Object.fromEntries(
      receiverAnswers.map(({ status, meaning }) => [status, { description: meaning }]),
    ),
  };
}

/** `conversation.claimed` is `ConversationClaimed`. */
const nameOf = ({ type }: EventType) =>
  type.replaceAll(/(^|\.)(\w)/g, (_match, _dot, letter) => letter.toUpperCase());

/** All endpoints, and the one that describes them. */
export function withOpenApi(
  { config, version }: Pick<Deps, 'config' | 'version'>,
  endpoints: Endpoint[],
): Endpoint[] {
  const all: Endpoint[] = [
    ...endpoints,
    endpoint({
      method: 'get',
      path: '/openapi.json',
      summary: 'This document',
      access: 'anyone',
      tag: 'About',
      answers: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
      run: async () => {
        document ??= openApiDocument(all, { publicUrl: config.publicUrl, version });
        return { status: 200, body: document };
      },
    }),
  ];
  // Made when it is first asked for: it takes longer than all routes together.
  let document: unknown;
  return all;
}
