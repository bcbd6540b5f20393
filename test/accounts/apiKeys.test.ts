import { expect } from 'chai';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const page = '/app/settings/api-keys';

describe('API keys', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running, 'admin');
    agent = await person(running, 'agent');
  });
  after(() => running.stop());

  const call = (key: string) => admin.agent.get('/api/v1/bots').set('Authorization', `Bearer ${key}`);

  it('are shown once, with a button that copies them, and are stored as a hash', async () => {
    const made = await agent.submit(page, { name: 'The CRM' }, page);
    expect(made.status).to.equal(201);
    expect(made.headers['cache-control']).to.equal('no-store');
    const key = made.$('#new-key').text();
    expect(key).to.match(/^hb_[\w-]{40}$/);
    expect(made.$('button[data-copy="#new-key"]').text()).to.include('Copy');
    expect((await call(key)).status).to.equal(200);

    const later = await agent.get(page);
    expect(later.text).not.to.include(key);
    expect(later.$('tbody').text())
      .to.include('The CRM')
      .and.include(`${key.slice(0, 7)}…${key.slice(-4)}`);
    const rows = JSON.stringify(await running.hookbell.deps.db('api_keys'));
    expect(rows).not.to.include(key.slice(3));
    expect(running.logged()).not.to.include(key);
  });

  it('need a name, said at the field', async () => {
    const answer = await agent.submit(page, { name: ' ' }, page);
    expect(answer.status).to.equal(422);
    expect(answer.$('#field-name-error').text()).to.equal('Missing');
  });

  it('are refused once they are revoked', async () => {
    const someone = await person(running, 'agent');
    expect((await call(someone.key)).status).to.equal(200);
    const revoked = await someone.submit(page, {}, (await someone.get(page)).$('tbody form').attr('action'));
    expect(leadsTo(revoked)).to.equal(page);
    const answer = await call(someone.key);
    expect(answer.status).to.equal(401);
    expect(answer.type).to.equal('application/problem+json');
    expect((await someone.get(page)).$('h2').first().text()).to.equal('You have no API key yet');
  });

  it('are one’s own: others are neither listed nor revoked by an agent', async () => {
    const [adminKey] = await running.hookbell.accounts.keysOf(admin.id);
    expect((await agent.get(page)).text).not.to.include(adminKey!.id);
    const _csrf = await agent.token(page);
    expect((await agent.post(`${page}/${adminKey!.id}/revoke`, { _csrf })).status).to.equal(403);
    expect((await agent.post(`${page}/nothing/revoke`, { _csrf })).status).to.equal(404);
    expect((await call(admin.key)).status).to.equal(200);
  });

  it('tell when they were last used', async () => {
    const someone = await person(running, 'agent');
    expect((await someone.get(page)).$('tbody').text()).to.include('never');
    await call(someone.key);
    const { $ } = await someone.get(page);
    expect($('tbody').text()).not.to.include('never');
    expect($('tbody relative-time')).to.have.length(2);
  });

  const refused: [string, string | undefined][] = [
    ['no header', undefined],
    ['another scheme', 'Basic aGI6aGI='],
    ['an empty key', 'Bearer '],
    ['an unknown key', 'Bearer hb_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['a very long key', `Bearer ${'x'.repeat(10_000)}`],
  ];
  for (const [what, header] of refused) {
    it(`are needed: 401 with ${what}`, async () => {
      const request = admin.agent.get('/api/v1/bots');
      const answer = await (header === undefined ? request : request.set('Authorization', header));
      expect(answer.status).to.equal(401);
      expect(answer.type).to.equal('application/problem+json');
      expect(answer.body).to.include({ status: 401, title: 'Sign in first', type: 'about:blank' });
      expect(answer.body.detail).to.be.a('string').and.not.equal('');
    });
  }

  it('are needed even by who is signed in: the API takes no session', async () => {
    expect((await admin.get('/api/v1/bots')).status).to.equal(401);
  });
});
