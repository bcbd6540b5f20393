import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'chai';
import { eventTypes, jsonSchemaOf, webhookTypes } from '../../src/webhooks/catalogue.js';
import { type Caller, caller } from '../support/caller.js';
import { keyHolder } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

type Json = Record<string, unknown>;
type Described = {
  type: string;
  title: string;
  description: string;
  when: string;
  schema: object;
  example: Json;
};

/** The bodies of the contract, section 4: every key, in this order. */
const contract: Record<string, string> = {
  'sync.success':
    'success results.totalTokens results.modifiedRows results.totalDocuments results.unmodifiedRows results.totalDataSourceRows bot dataSource',
  'sync.failure': 'success reason bot dataSource',
  'conversation.started':
    'event timestamp conversation.id conversation.botId conversation.botName conversation.channelType conversation.initialMessage conversation.createdAt',
  'conversation.escalated':
    'event timestamp conversation.id conversation.botId conversation.botName conversation.channelType conversation.state conversation.userData userEmail',
  'conversation.claimed':
    'event timestamp conversation.id conversation.botId conversation.botName conversation.channelType conversation.state agent.name agent.email',
  'conversation.released':
    'event timestamp conversation.id conversation.botId conversation.botName conversation.channelType conversation.state agent.name',
};

/** `userData` holds whatever is known of a visitor. */
const isFree = (path: string) => path === 'conversation.userData';

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const keysOf = (body: Json, within = ''): string[] =>
  Object.entries(body).flatMap(([key, value]) =>
    isObject(value) && !isFree(within + key) ? keysOf(value, `${within}${key}.`) : [within + key],
  );

/** Bodies that are wrong in one place each, by what was done to them. */
function* mutations(body: Json, within = ''): Generator<[what: string, mutant: Json]> {
  yield [`${within} with a key more`, { ...body, more: 1 }];
  for (const [key, value] of Object.entries(body)) {
    const { [key]: _gone, ...rest } = body;
    if (key !== 'initialMessage') yield [`without ${within}${key}`, rest];
    yield [`${within}${key} of another type`, { ...body, [key]: isObject(value) ? 'text' : { not: value } }];
    yield [`${within}${key} null`, { ...body, [key]: null }];
    if (typeof value === 'number') {
      yield [`${within}${key} negative`, { ...body, [key]: -1 }];
      yield [`${within}${key} a half`, { ...body, [key]: 0.5 }];
    }
    if (typeof value === 'boolean') yield [`${within}${key} turned`, { ...body, [key]: !value }];
    if (/^(event|state|timestamp|createdAt|userEmail)$/.test(key))
      yield [`${within}${key} another text`, { ...body, [key]: 'another' }];
    if (isObject(value) && !isFree(within + key))
      for (const [what, mutant] of mutations(value, `${within}${key}.`))
        yield [what, { ...body, [key]: mutant }];
  }
}

describe('the catalogue of events', () => {
  let running: Running;
  let receiver: Receiver;
  let api: Caller;
  let described: Map<string, Described>;
  before(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    api = caller(running.url, (await keyHolder(running)).key);
    const { status, body } = await api.get('/event-types');
    expect(status).to.equal(200);
    described = new Map(body.data.map((event: Described) => [event.type, event]));
  });
  after(() => Promise.all([running.stop(), receiver.close()]));

  /** What a strict reader of JSON Schema 2020-12 says of a body. */
  function validator(type: string) {
    const ajv = new Ajv2020({ strict: true, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(described.get(type)!.schema);
    return (body: unknown) => (validate(body) ? null : ajv.errorsText(validate.errors));
  }

  it('has every type that is sent, in the order of the contract', () => {
    expect([...described.keys()]).to.deep.equal(webhookTypes.filter((type) => type !== 'sync.trigger'));
    expect([...described.keys()]).to.deep.equal(Object.keys(contract));
    for (const [type, { title, description, when }] of described)
      for (const text of [title, description, when]) expect(text, type).to.match(/^[A-Z].{5,}/);
  });

  for (const { type, schema, example } of eventTypes) {
    it(`has an example of ${type} that its own schema accepts, and nothing that differs from it`, () => {
      expect(schema.safeParse(example).error).to.equal(undefined);
      const told = described.get(type)!;
      expect(told.example).to.deep.equal(example);
      expect(keysOf(told.example).join(' ')).to.equal(contract[type]);
      expect(told.schema).to.include({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        additionalProperties: false,
      });
      const problem = validator(type);
      expect(problem(told.example)).to.equal(null);
      const mutants = [...mutations(told.example)];
      expect(mutants.length).to.be.greaterThan(10);
      for (const [what, mutant] of mutants) {
        expect(problem(mutant), what).to.be.a('string');
        expect(schema.safeParse(mutant).success, what).to.equal(false);
      }
    });
  }

  it('says in words what each field means', () => {
    const undescribed = (schema: Json, path: string): string[] =>
      Object.entries((schema.properties ?? {}) as Record<string, Json>).flatMap(([name, field]) => [
        ...(field.description ? [] : [`${path}.${name}`]),
        ...undescribed(field, `${path}.${name}`),
      ]);
    expect(eventTypes.flatMap((event) => undescribed(jsonSchemaOf(event) as Json, event.type))).to.deep.equal(
      [],
    );
  });

  it('describes what is really sent, to the order of the keys', async () => {
    const bot = (await api.post('/bots', { name: 'Shop "é"', humanTakeover: true })).body.id;
    const full = (await api.post('/bots', { name: 'Full', storageTokenLimit: 1 })).body.id;
    for (const type of described.keys())
      await api.post(`/bots/${type === 'sync.failure' ? full : bot}/webhooks`, {
        type,
        targetUrl: `${receiver.url}/${type}`,
      });
    const config = { entries: [{ title: 'Opening hours', text: 'From nine to five.' }] };
    for (const one of [bot, full])
      await api.post(`/bots/${one}/data-sources`, { name: 'Hours', type: 'text', config });
    const spoken = { channelType: 'web', initialMessage: 'Hello' };
    const { id } = (await api.post(`/bots/${bot}/conversations`, spoken)).body;
    await api.post(`/bots/${bot}/conversations`, { channelType: 'sms' });
    const userData = { plan: 'pro', basket: [{ sku: 1 }], nothing: null };
    await api.post(`/conversations/${id}/escalate`, { userEmail: 'robin@example.com', userData });
    await api.post(`/conversations/${id}/claim`);
    await api.post(`/conversations/${id}/release`);

    const received = await receiver.wait(7);
    expect(received.map(({ path }) => path.slice(1)).sort()).to.deep.equal(
      [...Object.keys(contract), 'conversation.started'].sort(),
    );
    for (const { path, headers, body } of received) {
      const type = headers['x-hookbell-event']!;
      expect(path.slice(1)).to.equal(type);
      const parsed = JSON.parse(body) as Json;
      expect(validator(type)(parsed), body).to.equal(null);
      const keys = keysOf(parsed).join(' ');
      const isSilent = body.includes('"sms"');
      expect(keys).to.equal(
        isSilent ? contract[type]!.replace('conversation.initialMessage ', '') : contract[type],
      );
      for (const [what, mutant] of mutations(parsed)) expect(validator(type)(mutant), what).to.be.a('string');
    }
  });
});
