import { expect } from 'chai';
import fc from 'fast-check';
import type { Document, Operation, Parameter } from '../support/openApi.js';
import { openApiOf, schemaReader } from '../support/openApi.js';
import { bodyText, queryText, valid } from './arbitraries.js';
import type { House } from './house.js';

type Sent = {
  operation: Operation;
  method: string;
  /** With `{id}` in it. */
  template: string;
  /** Which of the ids that are known, by parameter. */
  ids: Record<string, number>;
  query: Record<string, string>;
  body: string | undefined;
  type: string;
  key: 'admin' | 'agent' | 'wrong' | 'none';
  once: string | undefined;
};

type Answer = { status: number; type: string; text: string; name: string };

const nowhere = [
  'x',
  '__proto__',
  '%',
  '..',
  '\0',
  '0',
  'a'.repeat(5000),
  '00000000-0000-0000-0000-000000000000',
];
const hang = 20_000;

/** So many requests, made from our own OpenAPI document: every answer must be one that the document knows. */
export function fuzzTheApi(room: () => House, { requests, seed }: { requests: number; seed: number }): void {
  describe(`the API under ${requests} requests made from its own description (seed ${seed})`, () => {
    let document: Document;
    let pools: Record<string, string[]>;
    before(async () => {
      const house = room();
      document = await openApiOf(house.running);
      pools = {
        bots: [house.bot, house.otherBot],
        'data-sources': Object.values(house.sources),
        webhooks: [house.webhook, house.trigger],
        deliveries: [house.delivery],
        conversations: [house.conversation, house.claimed],
        syncs: [house.sync],
        replays: [house.replay],
        files: [house.file],
      };
    });

    const requestsOf = (method: string, template: string, operation: Operation): fc.Arbitrary<Sent> => {
      const { parameters = [], requestBody } = operation;
      const schemaOf = ({ name, schema }: Parameter) => valid(schema, name, idOf);
      const json = requestBody?.content['application/json']?.schema;
      const body = json ? bodyText(valid(json, '', idOf)) : fc.constantFrom(undefined, '{}', '{"x":1}');
      const named = (place: string) => parameters.filter((one) => one.in === place);
      return fc.record({
        operation: fc.constant(operation),
        method: fc.constant(method),
        template: fc.constant(template),
        ids: fc.record(Object.fromEntries(named('path').map(({ name }) => [name, fc.nat(1000)]))),
        query: fc.record(
          Object.fromEntries(named('query').map((one) => [one.name, queryText(schemaOf(one))])),
          {
            requiredKeys: named('query')
              .filter(({ required }) => required)
              .map(({ name }) => name),
          },
        ),
        body: method === 'get' || method === 'delete' ? fc.constant(undefined) : body,
        type: oftenest(
          'application/json',
          'text/plain',
          'application/x-www-form-urlencoded',
          'multipart/form-data',
          'application/json; charset=klingon',
        ),
        key: oftenest('admin' as const, 'agent' as const, 'wrong' as const, 'none' as const),
        once: fc.oneof(
          { weight: 5, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constantFrom('one', 'two', 'x'.repeat(300)) },
        ),
      });
    };

    /** In a body or a query: an id of anything, which may be gone. */
    const idOf = (name: string) =>
      fc.nat(1000).map((n) => {
        const pool = pools[name === 'botId' ? 'bots' : 'data-sources'] ?? [];
        return n % 4 === 0 ? nowhere[n % nowhere.length]! : pool[n % pool.length]!;
      });

    it('is answered as the document says, each time, and nothing hangs', async () => {
      const read = schemaReader(document);
      const all = Object.entries(document.paths).flatMap(([path, item]) =>
        // A thread of its own for each: left to the long form.
        (requests < 1000 && path.endsWith('/preview') ? [] : Object.entries(item)).map(
          ([method, operation]) => requestsOf(method, path, operation),
        ),
      );
      const answered = new Map<number, number>();
      const wrong = new Map<string, string>();
      const batch = 100;
      for (let n = 0; n < requests / batch; n += 1)
        for (const sent of fc.sample(fc.oneof(...all), { numRuns: batch, seed: seed + n })) {
          const answer = await send(sent);
          answered.set(answer.status, (answered.get(answer.status) ?? 0) + 1);
          const problem = problemWith(sent, answer);
          if (problem)
            wrong.set(
              `${sent.method} ${sent.template} ${answer.status}`,
              `${answer.name}: ${answer.status} ${problem}: ${answer.text.slice(0, 300)}`,
            );
        }
      expect([...wrong.values()]).to.deep.equal([]);
      // Most would be worth nothing if they were all refused at the door.
      const fine = [...answered]
        .filter(([status]) => status < 300)
        .reduce((sum, [, count]) => sum + count, 0);
      expect(fine / requests, JSON.stringify([...answered])).to.be.greaterThan(0.2);
      expect(({} as { polluted?: number }).polluted).to.equal(undefined);

      function problemWith(sent: Sent, { status, type, text }: Answer): string | null {
        const declared = sent.operation.responses[status];
        if (!declared) return 'is not declared';
        const schema = declared.content?.[type]?.schema;
        if (!schema) return text === '' ? null : `has a body of ${type}`;
        const body: { id?: unknown; signingSecret?: unknown } = JSON.parse(text);
        const validate = read(schema);
        if (!validate(body)) return JSON.stringify(validate.errors);
        if (typeof body.signingSecret === 'string') room().secrets.push(body.signingSecret);
        if (sent.method === 'post' && typeof body.id === 'string') keep(sent.template, body.id);
        return null;
      }
    });

    function keep(template: string, id: string): void {
      const kind = template.split('/').at(-1)!;
      if (pools[kind] && !pools[kind].includes(id)) pools[kind].push(id);
    }

    function addressOf({ template, method, ids, query }: Sent): string {
      const path = template.replace(/([\w-]+)\/\{(\w+)\}/g, (_whole, kind: string, name: string) => {
        const n = ids[name] ?? 0;
        const pool = pools[kind] ?? [];
        // What the house needs is not deleted: only what was made on the way.
        const chosen = method === 'delete' ? pool.slice(3)[n % 5] : pool[n % Math.max(1, pool.length)];
        return `${kind}/${encodeURIComponent(n % 8 === 0 ? nowhere[n % nowhere.length]! : (chosen ?? 'gone'))}`;
      });
      const search = new URLSearchParams(query).toString();
      return `/api/v1${path}${search && `?${search}`}`;
    }

    async function send(sent: Sent): Promise<Answer> {
      const { running, admin, insider } = room();
      const address = addressOf(sent);
      const method = sent.method.toUpperCase();
      const name = `${method} ${address.slice(0, 300)} ${sent.body?.slice(0, 300) ?? ''} (${sent.type}, ${sent.key})`;
      const keys = { admin: admin.key, agent: insider.key, wrong: 'hb_wrong', none: null };
      const key = keys[sent.key];
      const answer = await fetch(running.url + address, {
        method,
        signal: AbortSignal.timeout(hang),
        headers: {
          ...(key && { Authorization: `Bearer ${key}` }),
          ...(sent.body !== undefined && { 'Content-Type': sent.type }),
          ...(sent.once && { 'Idempotency-Key': sent.once }),
        },
        ...(sent.body !== undefined && { body: sent.body }),
      }).catch((error) => {
        throw new Error(`${name}: ${error.cause ?? error}`);
      });
      const type = (answer.headers.get('content-type') ?? '').split(';')[0]!;
      return { status: answer.status, type, text: await answer.text(), name };
    }
  });
}

/** The first one nine times out of ten. */
function oftenest<T>(first: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}
