import { expect } from 'chai';
import type { Response } from 'supertest';
import { type Caller, caller } from '../support/caller.js';
import { keyHolder, type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

/** RFC 9457, and nothing that only the server should know. */
function expectProblem(answer: Response, status: number): void {
  expect(answer.status, answer.text).to.equal(status);
  expect(answer.headers['content-type']).to.match(/^application\/problem\+json/);
  const problem = JSON.parse(answer.text);
  expect(problem).to.include({ type: 'about:blank', status });
  expect(problem.title).to.be.a('string').and.not.equal('');
  expect(problem.detail).to.be.a('string').and.not.equal('');
  expect(answer.text).not.to.match(/node_modules|sqlite|\bat \//i);
}

const errorsOf = (answer: Response) =>
  Object.fromEntries(
    JSON.parse(answer.text).errors.map((error: { path: string; message: string }) => [
      error.path,
      error.message,
    ]),
  );

describe('the API', () => {
  let running: Running;
  let adminUser: Person;
  let agentUser: Person;
  let admin: Caller;
  let agent: Caller;
  before(async () => {
    running = await startHookbell({ background: false });
    adminUser = await person(running, 'admin');
    agentUser = await person(running, 'agent');
    admin = caller(running.url, adminUser.key);
    agent = caller(running.url, agentUser.key);
  });
  after(() => running.stop());

  const botCount = async () => Number((await running.hookbell.deps.db('bots').count({ n: '*' }))[0]?.n);

  describe('keeps bots', () => {
    it('creates one with defaults, and answers it in camelCase with ISO times', async () => {
      const answer = await admin.post('/bots', { name: '  Shop  ' });
      expect(answer.status).to.equal(201);
      const { id, createdAt, updatedAt, ...rest } = answer.body;
      expect(rest).to.deep.equal({
        name: 'Shop',
        welcomeMessage: 'Hello! How can I help?',
        instructions: '',
        humanTakeover: false,
        storageTokenLimit: null,
        notificationEmail: null,
        allowedOrigins: [],
      });
      expect(id).to.match(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
      expect(createdAt).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(updatedAt).to.equal(createdAt);
      expect((await admin.get(`/bots/${id}`)).body).to.deep.equal(answer.body);
    });

    it('changes what is given and leaves the rest', async () => {
      const { body: bot } = await admin.post('/bots', { name: 'Before', instructions: 'Be kind.' });
      const changes = {
        name: 'After',
        humanTakeover: true,
        storageTokenLimit: 5,
        allowedOrigins: ['HTTPS://www.Example.com/'],
      };
      const answer = await admin.patch(`/bots/${bot.id}`, changes);
      expect(answer.status).to.equal(200);
      expect(answer.body).to.deep.include({ ...changes, allowedOrigins: ['https://www.example.com'] });
      expect(answer.body.instructions).to.equal('Be kind.');
      expect(
        (await admin.patch(`/bots/${bot.id}`, { storageTokenLimit: null })).body.storageTokenLimit,
      ).to.equal(null);
      expect((await admin.patch(`/bots/${bot.id}`, {})).status).to.equal(200);
    });

    it('deletes one, with 204 and an empty body, and then knows it no more', async () => {
      const { body: bot } = await admin.post('/bots', { name: 'Gone' });
      const answer = await admin.delete(`/bots/${bot.id}`);
      expect([answer.status, answer.text]).to.deep.equal([204, '']);
      for (const again of [
        await admin.get(`/bots/${bot.id}`),
        await admin.patch(`/bots/${bot.id}`, { name: 'X' }),
        await admin.delete(`/bots/${bot.id}`),
      ]) {
        expectProblem(again, 404);
      }
    });

    it('lists them newest first, in pages', async () => {
      const made = [];
      for (let number = 1; number <= 5; number += 1)
        made.push((await admin.post('/bots', { name: `Bot ${number}` })).body);
      const first = await admin.get('/bots?limit=3');
      expect(first.body.data.map((bot: { name: string }) => bot.name)).to.deep.equal([
        'Bot 5',
        'Bot 4',
        'Bot 3',
      ]);
      expect(first.body.data[0]).to.deep.equal(made[4]);
      await admin.post('/bots', { name: 'Made meanwhile' });

      const second = await admin.get(`/bots?limit=3&cursor=${first.body.nextCursor}`);
      expect(second.body.data.slice(0, 2).map((bot: { name: string }) => bot.name)).to.deep.equal([
        'Bot 2',
        'Bot 1',
      ]);

      const names: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const { body }: Response = await admin.get(`/bots?limit=2${cursor && `&cursor=${cursor}`}`);
        names.push(...body.data.map((bot: { name: string }) => bot.name));
        cursor = body.nextCursor;
      }
      expect(names).to.have.length(await living());
      expect((await admin.get(`/bots?limit=${names.length}`)).body.nextCursor).to.equal(null);
    });

    it('gives 50 a page, and at most 200', async () => {
      const { bots, deps } = running.hookbell;
      const actor = { id: null, name: 'Test', email: '', role: 'admin' as const };
      const input = (await import('../../src/bots/schema.js')).newBot;
      for (let number = 0; number < 60; number += 1) {
        await bots.create(input.parse({ name: `Many ${number}` }), actor, deps.clock());
      }
      expect((await admin.get('/bots')).body.data).to.have.length(50);
      expect((await admin.get('/bots?limit=200')).body.nextCursor).to.equal(null);
      for (const limit of ['0', '201', '-1', '1.5', 'all', '']) {
        const answer = await admin.get(`/bots?limit=${limit}`);
        expectProblem(answer, 422);
        expect(errorsOf(answer)).to.have.property('limit');
      }
    });

    const living = async () =>
      Number((await running.hookbell.deps.db('bots').whereNull('deleted_at').count({ n: '*' }))[0]?.n);
  });

  describe('lets agents', () => {
    it('see the bots given to them, and change none', async () => {
      const { body: given } = await admin.post('/bots', { name: 'Given' });
      const { body: other } = await admin.post('/bots', { name: 'Not given' });
      const { bots, deps } = running.hookbell;
      const actor = { id: adminUser.id, name: 'Test', email: '', role: 'admin' as const };
      await bots.setAgents(given.id, [agentUser.id], actor, deps.clock());

      expect((await agent.get('/bots')).body.data.map((bot: { id: string }) => bot.id)).to.deep.equal([
        given.id,
      ]);
      expect((await agent.get(`/bots/${given.id}`)).status).to.equal(200);
      expectProblem(await agent.get(`/bots/${other.id}`), 403);
      expectProblem(await agent.post('/bots', { name: 'X' }), 403);
      expectProblem(await agent.patch(`/bots/${given.id}`, { name: 'X' }), 403);
      expectProblem(await agent.delete(`/bots/${given.id}`), 403);
      expect((await admin.get(`/bots/${given.id}`)).body.name).to.equal('Given');
    });
  });

  describe('refuses', () => {
    it('malformed JSON, and JSON that is no object: 400', async () => {
      for (const body of [
        '{"name":',
        'name=Shop',
        '[]',
        '[{"name":"X"}]',
        '"X"',
        'null',
        '1',
        '{"name":"X"}}',
      ]) {
        expectProblem(await admin.raw('/bots', body), 400);
      }
    });

    it('an address that cannot be decoded: 400', async () => {
      expectProblem(await admin.get('/bots/%ff'), 400);
    });

    it('no key and a wrong key, before it looks at the body: 401', async () => {
      expectProblem(await caller(running.url, 'hb_wrong').raw('/bots', '{"name":'), 401);
      expectProblem(await caller(running.url, 'hb_wrong').get('/no-such-address'), 401);
    });

    it('addresses that do not exist: 404', async () => {
      for (const path of [
        '/no-such-address',
        '/bots/none',
        `/bots/${'x'.repeat(3000)}`,
        '/bots/x/nothing',
        '/',
      ]) {
        expectProblem(await admin.get(path), 404);
      }
      expectProblem(await admin.post('/no-such-address', { name: 'X' }), 404);
    });

    it('a body over 1 MB: 413', async () => {
      expectProblem(await admin.post('/bots', { name: 'x'.repeat(1_100_000) }), 413);
    });

    it('bodies that are not JSON: 415', async () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'application/xml',
      ]) {
        expectProblem(await admin.raw('/bots', 'name=X', type), 415);
      }
      expectProblem(await admin.raw('/bots', '{"name":"X"}', 'application/json; charset=klingon'), 415);
      expectProblem(
        await admin.raw('/bots', '{"name":"X"}', 'application/json', { 'Content-Encoding': 'klingon' }),
        415,
      );
    });

    it('invalid fields, each by its name: 422', async () => {
      const answer = await admin.post('/bots', {
        name: '',
        welcomeMessage: 5,
        instructions: 'x'.repeat(20_001),
        humanTakeover: 'yes',
        storageTokenLimit: -1,
        allowedOrigins: ['https://ok.example', 'https://www.example.com/path', 'javascript:alert(1)'],
      });
      expectProblem(answer, 422);
      expect(Object.keys(errorsOf(answer))).to.have.members([
        'name',
        'welcomeMessage',
        'instructions',
        'humanTakeover',
        'storageTokenLimit',
        'allowedOrigins.1',
        'allowedOrigins.2',
      ]);
    });

    it('a body without what is needed: 422 that says what is missing', async () => {
      for (const answer of [await admin.post('/bots', {}), await admin.raw('/bots', '')]) {
        expectProblem(answer, 422);
        expect(errorsOf(answer)).to.deep.equal({ name: 'Missing' });
      }
    });

    it('unknown fields, each by its name: 422', async () => {
      const answer = await admin.post('/bots', { name: 'X', colour: 'red', id: 'mine' });
      expectProblem(answer, 422);
      expect(errorsOf(answer)).to.deep.equal({ colour: 'Unknown field', id: 'Unknown field' });
      const { body: bot } = await admin.post('/bots', { name: 'Y' });
      expect(errorsOf(await admin.patch(`/bots/${bot.id}`, { createdAt: 'now' }))).to.have.property(
        'createdAt',
      );
    });

    it('fields that stand in for the prototype of objects: 422', async () => {
      for (const body of [
        '{"name":"X","__proto__":{"admin":true}}',
        '{"name":"X","constructor":{"prototype":{}}}',
      ]) {
        expectProblem(await admin.raw('/bots', body), 422);
      }
      expect(({} as { admin?: boolean }).admin).to.equal(undefined);
    });

    it('cursors that it did not give: 422', async () => {
      const fake = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      for (const cursor of [
        'x',
        '%00',
        fake({}),
        fake([]),
        fake([{ a: 1 }]),
        fake([null]),
        fake([1, 2, 3]),
        'x'.repeat(501),
      ]) {
        const answer = await admin.get(`/bots?cursor=${cursor}`);
        expectProblem(answer, 422);
        expect(errorsOf(answer)).to.have.property('cursor');
      }
    });

    it('deeply nested JSON, without falling over', async () => {
      const answer = await admin.raw('/bots', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
      expect(answer.status).to.be.within(400, 422);
    });
  });

  it('is not to be kept by caches', async () => {
    expect((await admin.get('/bots')).headers['cache-control']).to.equal('no-store');
  });

  describe('with an Idempotency-Key', () => {
    it('gives the first answer again, and does it once', async () => {
      const before = await botCount();
      const first = await admin.post('/bots', { name: 'Once' }, { 'Idempotency-Key': 'a' });
      const again = await admin.post('/bots', { name: 'Once' }, { 'Idempotency-Key': 'a' });
      expect([first.status, again.status]).to.deep.equal([201, 201]);
      expect(again.body).to.deep.equal(first.body);
      expect(await botCount()).to.equal(before + 1);
    });

    it('refuses it for another body or address: 422', async () => {
      await admin.post('/bots', { name: 'One' }, { 'Idempotency-Key': 'b' });
      const answer = await admin.post('/bots', { name: 'Two' }, { 'Idempotency-Key': 'b' });
      expectProblem(answer, 422);
      expect(errorsOf(answer)).to.have.property('Idempotency-Key');
      expectProblem(await admin.post('/bots?x=1', { name: 'One' }, { 'Idempotency-Key': 'b' }), 422);
    });

    it('does it once when the same request comes side by side', async () => {
      const before = await botCount();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => admin.post('/bots', { name: 'Side' }, { 'Idempotency-Key': 'c' })),
      );
      expect(await botCount()).to.equal(before + 1);
      const statuses = answers.map((answer) => answer.status);
      expect(statuses).to.include(201);
      for (const answer of answers.filter(({ status }) => status !== 201)) expectProblem(answer, 409);
      const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
      expect(ids.size).to.equal(1);
    });

    it('keeps the keys of users apart', async () => {
      const other = caller(running.url, (await keyHolder(running, 'admin')).key);
      const mine = await admin.post('/bots', { name: 'Mine' }, { 'Idempotency-Key': 'd' });
      const theirs = await other.post('/bots', { name: 'Theirs' }, { 'Idempotency-Key': 'd' });
      expect([mine.status, theirs.status]).to.deep.equal([201, 201]);
      expect(theirs.body.name).to.equal('Theirs');
    });

    it('does it again after a refusal, and after 24 hours', async () => {
      expectProblem(await admin.post('/bots', { name: '' }, { 'Idempotency-Key': 'e' }), 422);
      expect((await admin.post('/bots', { name: 'Now' }, { 'Idempotency-Key': 'e' })).status).to.equal(201);
      running.pass(24 * 3_600_000 + 1);
      const later = await admin.post('/bots', { name: 'Later' }, { 'Idempotency-Key': 'e' });
      expect([later.status, later.body.name]).to.deep.equal([201, 'Later']);
    });

    it('refuses one that is too long: 422', async () => {
      expectProblem(await admin.post('/bots', { name: 'X' }, { 'Idempotency-Key': 'x'.repeat(256) }), 422);
    });

    it('keeps no answer in the clear', async () => {
      await admin.post('/bots', { name: 'A rare name' }, { 'Idempotency-Key': 'f' });
      const rows = JSON.stringify(await running.hookbell.deps.db('idempotency_keys'));
      expect(rows).not.to.include('A rare name');
    });
  });
});
