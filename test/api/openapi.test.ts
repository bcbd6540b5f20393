import { expect } from 'chai';
import { eventTypes, jsonSchemaOf } from '../../src/webhooks/catalogue.js';
import { type Document, openApiOf, schemaReader } from '../support/openApi.js';
import { type Running, startHookbell } from '../support/server.js';

/** The table of the contract, section 5. */
const contract = `
  get post /bots
  get patch delete /bots/{id}
  get post /bots/{id}/data-sources
  get patch delete /data-sources/{id}
  post /data-sources/{id}/sync
  post /data-sources/{id}/files
  get /data-sources/{id}/syncs
  get /syncs/{id}
  get /data-sources/{id}/rows
  get /bots/{id}/search
  get post /bots/{id}/webhooks
  get patch delete /webhooks/{id}
  get /webhooks/{id}/secret
  post /webhooks/{id}/rotate-secret
  post /webhooks/{id}/rotate-signing-secret
  post /webhooks/{id}/test
  post /webhooks/{id}/pause
  post /webhooks/{id}/resume
  get /webhooks/{id}/deliveries
  get /deliveries/{id}
  post /deliveries/{id}/redeliver
  post /webhooks/{id}/replay
  get /event-types
  get /events
  get post /bots/{id}/conversations
  get /conversations/{id}
  post /conversations/{id}/messages
  post /conversations/{id}/escalate
  post /conversations/{id}/claim
  post /conversations/{id}/release
  get /openapi.json`;

describe('the OpenAPI document', () => {
  let running: Running;
  let document: Document;
  before(async () => {
    running = await startHookbell({ background: false });
    document = await openApiOf(running);
  });
  after(() => running.stop());

  const operations = () =>
    [document.paths, document.webhooks].flatMap((section) =>
      Object.entries(section).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
      ),
    );

  it('names every address of the API, and no operation twice', () => {
    expect(document.openapi).to.match(/^3\.1\.\d+$/);
    for (const line of contract.trim().split('\n')) {
      const words = line.trim().split(' ');
      const path = words.pop()!;
      expect(Object.keys(document.paths[path] ?? {}), path).to.include.members(words);
    }
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).to.deep.equal([]);
  });

  it('declares what each address takes and answers', () => {
    for (const { path, method, operation } of operations()) {
      const name = `${method} ${path}`;
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path' && one.required);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, word]) => word);
      expect(declared.map((one) => one.name).sort(), name).to.deep.equal(inPath.sort());
      expect(operation.summary, name).to.match(/\S/);
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.some((status) => status.startsWith('2')),
        name,
      ).to.equal(true);
      for (const status of statuses) {
        expect(status, name).to.match(/^([1-5]\d\d|[1-5]XX|default)$/);
        expect(operation.responses[status]!.description, `${name} ${status}`).to.match(/\S/);
      }
    }
  });

  it('has only schemas that a strict reader of JSON Schema 2020-12 takes', () => {
    const read = schemaReader(document);
    const used = new Map<string, string>();
    for (const { path, method, operation } of operations()) {
      for (const { schema } of [
        ...(operation.parameters ?? []),
        ...Object.values(operation.requestBody?.content ?? {}),
        ...Object.values(operation.responses).flatMap(({ content }) => Object.values(content ?? {})),
      ])
        used.set(JSON.stringify(schema), `${method} ${path}`);
    }
    expect(used.size).to.be.greaterThan(50);
    for (const [schema, name] of used) expect(() => read(JSON.parse(schema)), name).not.to.throw();
    for (const [name, schema] of Object.entries(document.components.schemas))
      expect(() => read(schema), name).not.to.throw();
  });

  it('has each event as a webhook, with its headers, its body and what the answers lead to', () => {
    const read = schemaReader(document);
    expect(Object.keys(document.webhooks)).to.deep.equal(eventTypes.map(({ type }) => type));
    for (const event of eventTypes) {
      const { post } = document.webhooks[event.type]!;
      const { parameters, requestBody, responses } = post!;
      const headers = parameters!.filter((one) => one.in === 'header' && one.required && one.description);
      expect(headers.map(({ name }) => name)).to.deep.equal([
        'X-Secret-Key',
        'webhook-id',
        'webhook-timestamp',
        'webhook-signature',
        'X-Hookbell-Event',
        'X-Hookbell-Attempt',
        'User-Agent',
      ]);
      expect(Object.keys(responses)).to.have.members(['2XX', '3XX', '410', '429', '5XX', 'default']);
      const { schema, example } = requestBody!.content['application/json']!;
      expect(requestBody!.required).to.equal(true);
      expect(JSON.stringify(example)).to.equal(JSON.stringify(event.example));
      const validate = read(schema);
      expect(validate(example), event.type).to.equal(true);
      expect(validate({ ...example, more: 1 }), event.type).to.equal(false);
      const name = (schema as { $ref: string }).$ref.split('/').at(-1)!;
      const { properties, required } = jsonSchemaOf(event);
      expect(document.components.schemas[name]).to.deep.include({ properties, required });
    }
  });
});
