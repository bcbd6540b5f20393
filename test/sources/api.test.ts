import { expect } from 'chai';
import supertest from 'supertest';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { keyHolder } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { entries } from '../syncs/ground.js';

describe('the API of data sources', () => {
  let running: Running;
  let api: Caller;
  let agent: Caller;
  let key: string;
  let botId: string;

  before(async () => {
    running = await startHookbell();
    key = (await keyHolder(running)).key;
    api = caller(running.url, key);
    agent = caller(running.url, (await keyHolder(running, 'agent')).key);
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(() => running.stop());

  const made = async (input: object) =>
    (await api.post(`/bots/${botId}/data-sources`, { name: 'Manual', ...input })).body;
  const settled = (id: string) =>
    eventually('the sync has ended', async () => {
      const { lastSync } = (await api.get(`/data-sources/${id}`)).body;
      return lastSync?.finishedAt ? lastSync : null;
    });
  const upload = (id: string, contents: Record<string, string>) => {
    const request = supertest(running.url)
      .post(`/api/v1/data-sources/${id}/files`)
      .set('Authorization', `Bearer ${key}`);
    for (const [name, body] of Object.entries(contents)) request.attach('file', Buffer.from(body), name);
    return request.then((answer) => answer);
  };

  it('makes one and shows it with its latest sync', async () => {
    const answer = await api.post(`/bots/${botId}/data-sources`, {
      name: 'Manual',
      ...entries({ A: 'the walrus' }),
    });

    expect(answer.status).to.equal(201);
    expect(Object.keys(answer.body)).to.include.members([
      'id',
      'botId',
      'name',
      'type',
      'config',
      'schedule',
      'enabled',
      'status',
      'lastSync',
      'createdAt',
      'updatedAt',
    ]);
    expect(answer.body).to.include({ botId, name: 'Manual', type: 'text', schedule: null, enabled: true });
    const sync = await settled(answer.body.id);
    expect(Object.keys(sync)).to.deep.equal([
      'id',
      'dataSourceId',
      'trigger',
      'status',
      'progress',
      'results',
      'reason',
      'createdAt',
      'startedAt',
      'finishedAt',
      'rows',
    ]);
    expect(sync).to.deep.include({
      dataSourceId: answer.body.id,
      trigger: 'api',
      status: 'succeeded',
      progress: { done: 1, total: 1 },
      reason: null,
    });
    expect((await api.get(`/data-sources/${answer.body.id}`)).body).to.include({ status: 'synced', rows: 1 });
  });

  it('answers 422 with the fields that are wrong', async () => {
    const answer = await api.post(`/bots/${botId}/data-sources`, {
      name: 'Manual',
      type: 'website',
      config: { url: 'nonsense', mode: 'fly', more: true },
      schedule: '* * * * * *',
      colour: 'red',
    });

    expect(answer.status).to.equal(422);
    expect(answer.headers['content-type']).to.match(/application\/problem\+json/);
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).to.have.members([
      'config.url',
      'config.mode',
      'config.more',
      'schedule',
      'colour',
    ]);
    const unknown = await api.post(`/bots/${botId}/data-sources`, { name: 'A', type: 'pigeon', config: {} });
    expect(unknown.body.errors).to.deep.equal([
      { path: 'type', message: 'Takes one of website, feed, json, csv, files, text, notion' },
    ]);
    const refused = await made({ type: 'feed', config: { url: 'http://169.254.169.254/' } });
    expect(refused.errors[0]).to.have.property('path', 'config.url');
  });

  it('queues a sync on demand, lists and shows it', async () => {
    const { id } = await made(entries({ A: 'a' }));
    await settled(id);

    const asked = await api.post(`/data-sources/${id}/sync`);

    expect(asked.status).to.equal(202);
    expect(asked.body).to.include({ dataSourceId: id, trigger: 'api' });
    await eventually('it has ended', async () => (await api.get(`/syncs/${asked.body.id}`)).body.finishedAt);
    const { data } = (await api.get(`/data-sources/${id}/syncs?limit=1`)).body;
    expect(data.map((sync: { id: string }) => sync.id)).to.deep.equal([asked.body.id]);
    expect((await api.post(`/data-sources/${id}/sync`, { force: 'yes' })).status).to.equal(422);
    expect((await api.get('/syncs/nothing')).status).to.equal(404);
  });

  it('takes uploads, lists and deletes them', async () => {
    const { id, lastSync } = await made({ type: 'csv', config: { keyColumn: 'id' } });
    expect(lastSync).to.equal(null);

    const uploaded = await upload(id, { 'Preisliste für März.csv': 'id,name\n1,walrus\n2,penguin\n' });

    expect(uploaded.status).to.equal(201);
    expect(uploaded.body.data[0]).to.include({ name: 'Preisliste für März.csv', bytes: 27 });
    expect((await settled(id)).results.modifiedRows).to.equal(2);
    const [file] = (await api.get(`/data-sources/${id}/files`)).body.data;
    expect((await api.delete(`/data-sources/${id}/files/${file.id}`)).status).to.equal(204);
    expect((await api.get(`/data-sources/${id}/files`)).body.data).to.deep.equal([]);
  });

  it('refuses uploads with what is wrong with them', async () => {
    const { id } = await made({ type: 'files', config: {} });
    const text = await made(entries({ A: 'a' }));

    expect((await api.post(`/data-sources/${id}/files`, {})).status).to.equal(415);
    expect((await upload(id, {})).status).to.be.oneOf([415, 422]);
    const kind = await upload(id, { 'a.exe': 'x' });
    expect([kind.status, kind.body.errors[0].path]).to.deep.equal([422, 'file']);
    expect((await upload(text.id, { 'a.txt': 'x' })).status).to.equal(409);
    expect((await upload('nothing', { 'a.txt': 'x' })).status).to.equal(404);
    const field = await supertest(running.url)
      .post(`/api/v1/data-sources/${id}/files`)
      .set('Authorization', `Bearer ${key}`)
      .attach('other', Buffer.from('x'), 'a.txt');
    expect([field.status, field.body.errors[0].path]).to.deep.equal([422, 'file']);
  });

  it('lists rows and searches the documents of a bot', async () => {
    const bot = (await api.post('/bots', { name: 'Zoo' })).body.id;
    const source = (
      await api.post(`/bots/${bot}/data-sources`, { name: 'Z', ...entries({ Walrus: 'It has tusks.' }) })
    ).body;
    await settled(source.id);

    const rows = (await api.get(`/data-sources/${source.id}/rows`)).body;
    const found = (await api.get(`/bots/${bot}/search?q=${encodeURIComponent('"tusks')}`)).body;

    expect(rows.nextCursor).to.equal(null);
    expect(rows.data[0]).to.include({ title: 'Walrus', tokens: 5, documents: 1 });
    expect(rows.data[0]).to.have.keys('id', 'key', 'title', 'url', 'tokens', 'documents', 'changedAt');
    expect(found.data[0]).to.include({
      dataSourceId: source.id,
      title: 'Walrus',
      url: null,
      text: 'It has tusks.',
    });
    expect(found.data[0].score).to.be.greaterThan(0);
    expect((await api.get(`/bots/${bot}/search`)).body.errors).to.deep.equal([
      { path: 'q', message: 'Missing' },
    ]);
    expect((await api.get(`/bots/${bot}/search?q=%22%2A`)).body).to.deep.equal({ data: [] });
  });

  it('changes and deletes', async () => {
    const source = await made(entries({ A: 'ostrich' }));
    await settled(source.id);

    const changed = await api.patch(`/data-sources/${source.id}`, {
      name: 'Birds',
      schedule: 'daily',
      enabled: false,
    });
    expect(changed.body).to.include({ name: 'Birds', schedule: 'daily', enabled: false, nextSyncAt: null });
    expect((await api.post(`/data-sources/${source.id}/sync`)).status).to.equal(409);

    expect((await api.delete(`/data-sources/${source.id}`)).status).to.equal(204);
    expect((await api.get(`/data-sources/${source.id}`)).status).to.equal(404);
    expect((await api.get(`/bots/${botId}/search?q=ostrich`)).body.data).to.deep.equal([]);
  });

  it('lets agents look at the sources of their bots, and change nothing', async () => {
    const source = await made(entries({ A: 'a' }));
    expect((await agent.get(`/data-sources/${source.id}`)).status).to.equal(403);
    const users = await running.hookbell.deps.db('users').where({ role: 'agent' });
    await running.hookbell.bots.setAgents(botId, [users[0].id], users[0], running.hookbell.deps.clock());

    for (const path of [
      `/data-sources/${source.id}`,
      `/data-sources/${source.id}/rows`,
      `/bots/${botId}/search?q=a`,
    ])
      expect((await agent.get(path)).status, path).to.equal(200);
    expect((await agent.post(`/data-sources/${source.id}/sync`)).status).to.equal(403);
    expect((await agent.patch(`/data-sources/${source.id}`, { name: 'x' })).status).to.equal(403);
    expect((await agent.post(`/bots/${botId}/data-sources`, {})).status).to.equal(403);
  });
});
