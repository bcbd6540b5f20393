import { expect } from 'chai';
import supertest from 'supertest';
import { type Caller, caller } from '../support/caller.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const secret = '14e6c7131ce0465cb46ec109e7de0719';

describe('the pages of API channels', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let bot: string;
  before(async () => {
    running = await startHookbell({ background: false });
    [admin, agent] = [await person(running), await person(running, 'agent')];
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    await admin.submit(`/app/bots/${bot}/settings`, { agents: agent.id }, `/app/bots/${bot}/agents`);
  });
  after(() => running.stop());

  const opens = (id: string, given: string) =>
    supertest(running.url)
      .post(`/api/public/channels/${id}/1.0/conversation`)
      .set('X-API-Secret-Key', given)
      .then(({ status }) => status === 200);
  const created = async (fields: object = {}) =>
    (await api.post(`/bots/${bot}/channels`, { name: 'Mobile app', secret, ...fields })).body;
  const audit = async () => (await admin.get('/app/settings/audit')).$('main').text();

  it('lead from the Widget tab to the first channel, and say what one is', async () => {
    const widget = await admin.get(`/app/bots/${bot}/widget`);
    expect(widget.$(`a[href="/app/bots/${bot}/channels"]`)).to.have.length(1);
    const { $ } = await admin.get(`/app/bots/${bot}/channels`);
    expect($('.empty-state a').attr('href')).to.equal(`/app/bots/${bot}/channels/new`);
  });

  it('make a channel with an id and a secret of its own, or with generated ones', async () => {
    const page = `/app/bots/${bot}/channels/new`;
    const made = leadsTo(await admin.submit(page, { name: 'Mobile app' }))!;
    expect(made).to.match(/^\/app\/channels\/[\da-f-]{36}$/);
    const id = '38362DAE-a2b4-4484-8ced-920082a40b45';
    const kept = leadsTo(await admin.submit(page, { name: 'Old app', id, secret }))!;
    expect(kept).to.equal(`/app/channels/${id.toLowerCase()}`);
    expect(await opens(id, secret)).to.equal(true);
    const { $ } = await admin.get(`/app/bots/${bot}/channels`);
    const names = $('tbody a')
      .map((_at, link) => $(link).text())
      .get();
    expect(names.sort()).to.deep.equal(['Mobile app', 'Old app']);
    const again = await admin.submit(page, { name: 'Old app', id, secret: 'short' });
    expect(again.status).to.equal(422);
    expect(again.$('#old-channel[open] #field-secret-error').text()).to.include('At least 16 characters');
    const taken = await admin.submit(page, { name: 'Old app', id, channelType: 'web' });
    expect(taken.$('#field-channelType-error').text()).to.include('the widget’s');
    const twice = await admin.submit(page, { name: 'Old app', id });
    expect(twice.$('#field-id-error').text()).to.equal('Another API channel has this id already');
  });

  it('show the secret when they are asked to, and note who asked', async () => {
    const { id, name } = await created({ name: 'Shown' });
    const before = await admin.get(`/app/channels/${id}`);
    expect(before.text).to.include(`${running.url}/api/public/channels/${id}/1.0`).and.not.include(secret);
    const action = `/app/channels/${id}/secret`;
    const shown = await admin.submit(`/app/channels/${id}`, {}, action);
    expect(shown.$('#channel-secret').text()).to.equal(secret);
    expect(shown.$('#call-message').text()).to.include(`X-API-Secret-Key: ${secret}`);
    expect(shown.headers['cache-control']).to.equal('no-store');
    expect(await audit()).to.include(`revealed the secret of the API channel “${name}”`);
    expect(leadsTo(await admin.get(action))).to.equal(`/app/channels/${id}`);
  });

  it('change, disable and enable a channel', async () => {
    const { id } = await created();
    const save = (fields: Record<string, string | undefined>) =>
      admin.submit(`/app/channels/${id}`, fields, `/app/channels/${id}`);
    expect(leadsTo(await save({ name: 'Telephone', enabled: undefined }))).to.equal(`/app/channels/${id}`);
    expect((await api.get(`/channels/${id}`)).body).to.include({ name: 'Telephone', enabled: false });
    expect((await admin.get(`/app/channels/${id}`)).$('.alert-warning').text()).to.include('disabled');
    expect(await opens(id, secret)).to.equal(false);
    await save({ enabled: 'on' });
    expect(await opens(id, secret)).to.equal(true);
    const { status, $ } = await save({ name: '' });
    expect([status, $('#field-name-error').length]).to.deep.equal([422, 1]);
    expect(await audit()).to.include('changed the API channel “Telephone” (fields: name, enabled)');
  });

  it('replace the secret only when that was ticked', async () => {
    const { id } = await created();
    const next = 'ABCDEFGHIJKLMNOP';
    const page = `/app/channels/${id}/rotate-secret`;
    const unsure = await admin.submit(page, { secret: next });
    expect([unsure.status, unsure.$('#field-sure-error').length]).to.deep.equal([422, 1]);
    expect(await opens(id, secret)).to.equal(true);
    await admin.submit(page, { secret: next, sure: 'on' });
    expect([await opens(id, secret), await opens(id, next)]).to.deep.equal([false, true]);
  });

  it('delete a channel after a warning; what was said stays', async () => {
    const { id } = await created();
    expect(await opens(id, secret)).to.equal(true);
    const count = async () => (await api.get(`/bots/${bot}/conversations`)).body.data.length;
    const before = await count();
    const page = await admin.get(`/app/channels/${id}/delete`);
    expect(page.$('main').text()).to.include('answered with 401');
    expect(leadsTo(await admin.submit(`/app/channels/${id}/delete`))).to.equal(`/app/bots/${bot}/channels`);
    expect(await opens(id, secret)).to.equal(false);
    expect(await count()).to.equal(before);
    expect((await created({ id })).id).to.equal(id);
  });

  it('are for admins; agents of the bot see the list, others nothing', async () => {
    const { id } = await created();
    const list = await agent.get(`/app/bots/${bot}/channels`);
    expect(list.status).to.equal(200);
    expect(list.$('main table a, main a.btn')).to.have.length(0);
    for (const path of [`bots/${bot}/channels/new`, `channels/${id}`, `channels/${id}/delete`])
      expect((await agent.get(`/app/${path}`)).status, path).to.equal(403);
    const theirs = caller(running.url, agent.key);
    expect((await theirs.get(`/channels/${id}`)).status).to.equal(200);
    expect((await theirs.get(`/channels/${id}/secret`)).status).to.equal(403);
    expect((await theirs.post(`/bots/${bot}/channels`, { name: 'Mine' })).status).to.equal(403);
    const other = (await api.post('/bots', { name: 'Another' })).body.id;
    expect((await agent.get(`/app/bots/${other}/channels`)).status).to.equal(403);
    expect((await theirs.get(`/bots/${other}/channels`)).status).to.equal(403);
    expect((await admin.get('/app/channels/nothing')).status).to.equal(404);
  });

  it('have an API beside them that pages, and shows no secret but once', async () => {
    for (const number of [1, 2, 3]) await created({ name: `Number ${number}` });
    const first = (await api.get(`/bots/${bot}/channels?limit=2`)).body;
    expect(first.data).to.have.length(2);
    expect(first.nextCursor).to.be.a('string');
    const { data } = (await api.get(`/bots/${bot}/channels?limit=2&cursor=${first.nextCursor}`)).body;
    expect(data[0].id).not.to.be.oneOf(first.data.map(({ id }: { id: string }) => id));
    expect(Object.keys(data[0])).to.deep.equal([
      'id',
      'botId',
      'name',
      'channelType',
      'enabled',
      'url',
      'createdAt',
      'updatedAt',
    ]);
    expect((await api.get(`/channels/${data[0].id}/secret`)).body).to.deep.equal({ secret });
    expect((await api.patch(`/channels/${data[0].id}`, { secret })).status).to.equal(422);
    expect((await api.delete(`/channels/${data[0].id}`)).status).to.equal(204);
    expect((await api.get(`/channels/${data[0].id}`)).status).to.equal(404);
  });
});
