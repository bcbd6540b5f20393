import { expect } from 'chai';
import supertest from 'supertest';
import { type Caller, caller } from '../support/caller.js';
import { keyHolder, type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const config = { entries: [{ title: 'Opening hours', text: 'We are open from nine to five.' }] };
const secret = '14e6c7131ce0465cb46ec109e7de0719';

describe('a trigger that keeps its old URL', () => {
  let running: Running;
  let admin: Person;
  let api: Caller;
  let bot: string;
  let dataSourceId: string;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const source = { name: 'Hours', type: 'text', config };
    dataSourceId = (await api.post(`/bots/${bot}/data-sources`, source)).body.id;
  });
  after(() => running.stop());

  const create = (more: object) =>
    api.post(`/bots/${bot}/webhooks`, { type: 'sync.trigger', dataSourceId, ...more });
  const call = (path: string) =>
    supertest(running.url)
      .post(path)
      .then(({ status }) => status);
  const errorsOf = ({ status, body }: Awaited<ReturnType<Caller['post']>>) => [status, body.errors];

  it('is made with an id and a secret of one’s own, by the API', async () => {
    const id = '38362dae-a2b4-4484-8ced-920082a40b45';
    const { status, body } = await create({ id, secret });
    expect(status).to.equal(201);
    expect(body).to.include({ id, secret, url: `${running.url}/api/public/hooks/${id}/${secret}` });
    expect(await call(`/api/public/hooks/${id}/${secret}`)).to.equal(200);
  });

  it('has one id, in whichever case it is written', async () => {
    const id = 'ABCDEF01-A2B4-4484-8CED-920082A40B45';
    const { body } = await create({ id, secret });
    expect(body.id).to.equal(id.toLowerCase());
    for (const written of [id, id.toLowerCase()])
      expect(await call(`/api/public/hooks/${written}/${secret}`)).to.equal(200);
    const again = await create({ id: id.toLowerCase(), secret });
    expect(errorsOf(again)).to.deep.equal([
      422,
      [{ path: 'id', message: 'Another webhook has this id already' }],
    ]);
  });

  it('takes no malformed id, and no id of another webhook, whosever and of whatever type', async () => {
    for (const id of ['', 'old', '38362dae-a2b4-4484-8ced', `${'1'.repeat(40)}`, 7]) {
      const answer = await create({ id, secret });
      expect(answer.status, String(id)).to.equal(422);
      expect(answer.body.errors[0].path).to.equal('id');
    }
    const hook = { type: 'sync.success', targetUrl: running.url };
    const { body } = await api.post(`/bots/${bot}/webhooks`, hook);
    expect((await create({ id: body.id, secret })).status).to.equal(422);
    const own = await api.post(`/bots/${bot}/webhooks`, {
      ...hook,
      id: '00000000-1111-4222-8333-444444444444',
    });
    expect(errorsOf(own)).to.deep.equal([
      422,
      [{ path: 'id', message: 'Only a trigger may bring its own id' }],
    ]);
  });

  it('has one winner when several want the same id at once', async () => {
    const id = '11111111-2222-4333-8444-555555555555';
    const answers = await Promise.all([1, 2, 3, 4].map(() => create({ id, secret })));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 422, 422, 422]);
  });

  it('may be made again with its id after it was deleted', async () => {
    const id = '22222222-2222-4333-8444-555555555555';
    await create({ id, secret });
    await api.delete(`/webhooks/${id}`);
    expect(await call(`/api/public/hooks/${id}/${secret}`)).to.equal(404);
    expect((await create({ id, secret: secret.toUpperCase() })).status).to.equal(201);
    expect(await call(`/api/public/hooks/${id}/${secret}`)).to.equal(404);
    expect(await call(`/api/public/hooks/${id}/${secret.toUpperCase()}`)).to.equal(200);
  });

  it('is made on the page from the id and the secret, or from the whole URL', async () => {
    const page = `/app/bots/${bot}/webhooks/new?type=sync.trigger`;
    const given = [
      { id: '33333333-2222-4333-8444-555555555555', secret },
      { id: ` https://old.example/api/public/hooks/44444444-2222-4333-8444-555555555555/${secret}?x=1 ` },
    ];
    for (const fields of given) {
      const id = /\w{8}-[\w-]{27}/.exec(fields.id)![0];
      const made = await admin.submit(page, { dataSourceId, ...fields });
      expect(leadsTo(made)).to.equal(`/app/webhooks/${id}`);
      expect(await call(`/api/public/hooks/${id}/${secret}`)).to.equal(200);
    }
    const { status, $ } = await admin.submit(page, { dataSourceId, id: 'https://old.example/hooks/7/short' });
    expect(status).to.equal(422);
    expect($('#old-url[open] #field-id-error').text()).to.include('A UUID such as');
    expect($('#field-secret-error').text()).to.include('At least 16 characters');
  });

  it('is for admins', async () => {
    const agent = caller(running.url, (await keyHolder(running, 'agent')).key);
    const input = { type: 'sync.trigger', dataSourceId, id: '55555555-2222-4333-8444-555555555555' };
    expect((await agent.post(`/bots/${bot}/webhooks`, input)).status).to.equal(403);
  });
});
