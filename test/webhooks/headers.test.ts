import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { keyHolder } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

type Headers = Record<string, unknown>;

const many = (count: number, value: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Number-${index}`, value]));

/** What is refused, at which path, and why. */
const refused: [what: string, headers: unknown, path: string, why: RegExp][] = [
  ...[
    'Content-Type',
    'content-length',
    'Content-Encoding',
    'HOST',
    'User-Agent',
    'X-Secret-Key',
    'x-secret-key',
    'webhook-id',
    'Webhook-Signature',
    'webhook-timestamp',
    'X-Hookbell-Event',
    'x-hookbell-anything',
    'svix-id',
    'Svix-Signature',
  ].map((name): [string, unknown, string, RegExp] => [
    name,
    { [name]: 'x' },
    `headers.${name}`,
    /^Hookbell sets .* itself/,
  ]),
  ...[
    'Connection',
    'transfer-encoding',
    'Upgrade',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Expect',
    'Proxy-Authorization',
    'proxy-connection',
  ].map((name): [string, unknown, string, RegExp] => [
    name,
    { [name]: 'x' },
    `headers.${name}`,
    /belongs to the connection/,
  ]),
  ...['X Key', 'X:Key', 'X\r\nY', 'Schlüssel', '(x)', 'x@y', ' X'].map(
    (name): [string, unknown, string, RegExp] => [
      `the name ${JSON.stringify(name)}`,
      { [name]: 'x' },
      `headers.${name}`,
      /^A name has only letters, digits and/,
    ],
  ),
  ...['a\r\nX: y', 'a\nb', 'a\0b', 'grün', ' a', 'a ', 'a\tb', '\u007f'].map(
    (value): [string, unknown, string, RegExp] => [
      `the value ${JSON.stringify(value)}`,
      { 'X-Key': value },
      'headers.X-Key',
      /^A value has only/,
    ],
  ),
  ['no name', { '': 'x' }, 'headers', /needs a name/],
  ['no value', { 'X-Key': '' }, 'headers.X-Key', /needs a value/],
  ['a long name', { ['X'.repeat(101)]: 'x' }, `headers.${'X'.repeat(101)}`, /at most 100/],
  ['one name twice', { 'X-Key': 'a', 'x-KEY': 'b' }, 'headers.x-KEY', /there twice/],
  ['a number', { 'X-Key': 5 }, 'headers.X-Key', /A text, or null/],
  ['a list', ['X-Key: a'], 'headers', /./],
  ['21 of them', many(21, 'x'), 'headers', /^At most 20 headers/],
  ['more than 8 KiB', many(9, 'x'.repeat(1000)), 'headers', /^At most 8 KiB/],
];

describe('the static headers of a webhook', () => {
  let running: Running;
  let api: Caller;
  let botId: string;
  let existing: string;
  before(async () => {
    running = await startHookbell({ background: false });
    api = caller(running.url, (await keyHolder(running)).key);
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
    existing = (await create({ 'X-Kept': 'as it was' })).body.id;
  });
  after(() => running.stop());

  const create = (headers: unknown) =>
    api.post(`/bots/${botId}/webhooks`, { type: 'sync.success', targetUrl: running.url, headers });
  const change = (id: string, headers: Headers) => api.patch(`/webhooks/${id}`, { headers });
  const stored = async (id: string) => (await api.get(`/webhooks/${id}/secret`)).body.headers;

  for (const [what, headers, path, why] of refused) {
    it(`are not ${what}`, async () => {
      for (const answer of [await create(headers), await change(existing, headers as Headers)]) {
        expect(answer.status, answer.text).to.equal(422);
        const [error, ...more] = answer.body.errors;
        expect(more).to.deep.equal([]);
        expect(error.path).to.equal(path);
        expect(error.message).to.match(why);
      }
      expect(await stored(existing)).to.deep.equal({ 'X-Kept': 'as it was' });
    });
  }

  it('are any others: credentials, cookies, whatever a receiver asks for', async () => {
    const headers = {
      Authorization: 'Bearer s3cr3t==',
      Cookie: 'gate=open; other="1"',
      'X-Api-Key': "!#$%&'*+.^_`|~",
      "odd!#$%&'*+.^_`|~": '(")',
      Accept: 'application/json',
    };
    const { body, status } = await create(headers);
    expect([status, body.headers]).to.deep.equal([201, Object.keys(headers)]);
    expect(await stored(body.id)).to.deep.equal(headers);
  });

  it('may fill 8 KiB, and not one byte more', async () => {
    const line = ({ name, value }: { name: string; value: string }) => name.length + value.length + 4;
    const most = 8 * 1024 - line({ name: 'X-Long', value: '' });
    expect((await create({ 'X-Long': 'x'.repeat(most) })).status).to.equal(201);
    expect((await create({ 'X-Long': 'x'.repeat(most + 1) })).status).to.equal(422);
    const kept = (await create({ 'X-Long': 'x'.repeat(most) })).body.id;
    expect((await change(kept, { 'X-Long': null, a: 'b' })).body.errors[0].path).to.equal('headers');
  });

  it('are a set: what a change leaves out is removed, and null keeps the value that is stored', async () => {
    const { id } = (await create({ Authorization: 'Bearer one', 'X-Tenant': 'acme' })).body;
    const changed = await change(id, { authorization: null, 'X-Region': 'eu' });
    expect(changed.body.headers).to.deep.equal(['authorization', 'X-Region']);
    expect(await stored(id)).to.deep.equal({ authorization: 'Bearer one', 'X-Region': 'eu' });
    await api.patch(`/webhooks/${id}`, { concurrency: 2 });
    expect(await stored(id)).to.deep.equal({ authorization: 'Bearer one', 'X-Region': 'eu' });
    expect((await change(id, {})).body.headers).to.deep.equal([]);
    expect(await stored(id)).to.equal(undefined);
    const row = await running.hookbell.deps.db('webhooks').where({ id }).first('headers');
    expect(row.headers).to.equal(null);
  });

  it('cannot keep a value that is not there', async () => {
    for (const answer of [await create({ 'X-New': null }), await change(existing, { 'X-New': null })]) {
      expect(answer.status).to.equal(422);
      expect(answer.body.errors).to.deep.equal([
        { path: 'headers.X-New', message: 'No value is stored for it: give it one' },
      ]);
    }
  });
});
