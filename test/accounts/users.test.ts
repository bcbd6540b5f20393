import { expect } from 'chai';
import { type Person, password, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, visitor } from '../support/visitor.js';

describe('users', () => {
  let running: Running;
  let admin: Person;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
  });
  after(() => running.stop());

  const find = (email: string) => running.hookbell.accounts.findByEmail(email);
  const rowOf = async (email: string) => {
    const { $ } = await admin.get('/app/settings/users');
    return $('tbody tr')
      .filter((_at, row) => $(row).text().includes(email))
      .text();
  };

  it('are added by an admin, and can sign in then', async () => {
    const input = { name: 'New Agent', email: 'New.Agent@example.com', password, role: 'agent' };
    const answer = await admin.submit('/app/settings/users/new', input);
    expect(leadsTo(answer)).to.equal('/app/settings/users');
    expect(await rowOf('new.agent@example.com'))
      .to.include('New Agent')
      .and.include('Agent');
    const signedIn = await visitor(running.url).submit('/login', { email: input.email, password });
    expect(leadsTo(signedIn)).to.equal('/app');
  });

  it('are agents unless the form says otherwise', async () => {
    await admin.submit('/app/settings/users/new', { name: 'A', email: 'plain@example.com', password });
    expect((await find('plain@example.com'))?.role).to.equal('agent');
  });

  it('have an address of their own: a second one with it is refused at the field', async () => {
    const input = { name: 'Twin', email: admin.email.toUpperCase(), password, role: 'agent' };
    const answer = await admin.submit('/app/settings/users/new', input);
    expect(answer.status).to.equal(422);
    expect(answer.$('#field-email-error').text()).to.include('already');
    expect(answer.$('#field-name').val()).to.equal('Twin');
    expect(answer.text).not.to.include(password);
  });

  it('are refused with a role that does not exist, and with fields in odd shapes', async () => {
    const _csrf = await admin.token();
    const input = { name: 'X', email: 'x@example.com', password, _csrf };
    const odd = [{ role: 'owner' }, { role: ['admin', 'agent'] }, { role: 'agent', 'name[toString]': 'x' }];
    for (const fields of odd) {
      const { name, ...rest } = input;
      const sent = 'name[toString]' in fields ? rest : { ...rest, name };
      expect((await admin.post('/app/settings/users', { ...sent, ...fields })).status).to.equal(422);
    }
    expect(await find('x@example.com')).to.equal(null);
  });

  it('change their role', async () => {
    const someone = await person(running, 'agent');
    const page = `/app/settings/users/${someone.id}`;
    expect((await someone.get('/app/settings/users')).status).to.equal(403);
    expect(leadsTo(await admin.submit(page, { role: 'admin' }, `${page}/role`))).to.equal(
      '/app/settings/users',
    );
    expect((await someone.get('/app/settings/users')).status).to.equal(200);
    expect((await admin.submit(page, { role: 'king' }, `${page}/role`)).status).to.equal(422);
  });

  it('get a new password from an admin, which ends their sessions', async () => {
    const someone = await person(running, 'agent');
    const page = `/app/settings/users/${someone.id}`;
    await admin.submit(page, { password: 'another long password' }, `${page}/password`);
    expect(leadsTo(await someone.get('/app/settings'))).to.match(/^\/login/);
    const old = await visitor(running.url).submit('/login', { email: someone.email, password });
    expect(old.status).to.equal(401);
    const fresh = { email: someone.email, password: 'another long password' };
    expect(leadsTo(await visitor(running.url).submit('/login', fresh))).to.equal('/app');
  });

  it('are removed after a page that says what goes with them; sessions and keys end at once', async () => {
    const someone = await person(running, 'admin');
    const page = `/app/settings/users/${someone.id}/remove`;
    const asked = await admin.get(page);
    expect(asked.$('main').text()).to.include(someone.email).and.include('API keys (1)');
    expect(await find(someone.email)).not.to.equal(null);

    expect(leadsTo(await admin.submit(page))).to.equal('/app/settings/users');

    expect(leadsTo(await someone.get('/app/settings'))).to.match(/^\/login/);
    const call = await someone.agent.get('/api/v1/bots').set('Authorization', `Bearer ${someone.key}`);
    expect(call.status).to.equal(401);
    expect((await visitor(running.url).submit('/login', { email: someone.email, password })).status).to.equal(
      401,
    );
    expect((await admin.get(page)).status).to.equal(404);
  });

  it('cannot remove themselves, and the last admin stays admin', async () => {
    const alone = await startHookbell({ background: false });
    try {
      const only = await person(alone);
      const page = `/app/settings/users/${only.id}`;
      const demoted = await only.submit(page, { role: 'agent' }, `${page}/role`);
      expect(demoted.status).to.equal(409);
      expect(demoted.$('[role=alert]').text()).to.include('the only admin');
      const removed = await only.submit(`${page}/remove`);
      expect(removed.status).to.equal(409);
      expect(removed.$('[role=alert]').text()).to.include('cannot remove yourself');
      expect(await alone.hookbell.accounts.list()).to.have.length(1);
    } finally {
      await alone.stop();
    }
  });

  it('of an unknown id are not found', async () => {
    const _csrf = await admin.token();
    for (const page of ['', '/remove']) {
      expect((await admin.get(`/app/settings/users/nobody${page}`)).status).to.equal(404);
    }
    for (const action of ['role', 'password', 'remove']) {
      const answer = await admin.post(`/app/settings/users/nobody/${action}`, {
        _csrf,
        role: 'agent',
        password,
      });
      expect(answer.status).to.equal(404);
    }
  });
});

describe('a user’s own settings', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
    await person(running);
  });
  after(() => running.stop());

  it('show agents their keys and password, and nothing of the house', async () => {
    const agent = await person(running, 'agent');
    const { $ } = await agent.get('/app/settings');
    const rooms = $('main a')
      .map((_at, link) => $(link).attr('href'))
      .get();
    expect(rooms).to.deep.equal(['/app/settings/api-keys', '/app/settings/password']);
    for (const page of ['users', 'users/new', 'outbound', 'audit', `users/${agent.id}`]) {
      expect((await agent.get(`/app/settings/${page}`)).status, page).to.equal(403);
    }
    const _csrf = await agent.token();
    const input = { _csrf, name: 'X', email: 'x@example.com', password, role: 'admin' };
    for (const page of ['', `/${agent.id}/role`, `/${agent.id}/password`, `/${agent.id}/remove`]) {
      expect((await agent.post(`/app/settings/users${page}`, input)).status, page).to.equal(403);
    }
    expect((await running.hookbell.accounts.find(agent.id))?.role).to.equal('agent');
  });

  it('change the password, which ends the other sessions and keeps this one, under a new id', async () => {
    const someone = await person(running, 'agent');
    const elsewhere = visitor(running.url);
    await elsewhere.submit('/login', { email: someone.email, password });
    const before = someone.agent.jar.getCookie('hookbell.sid', access)?.value;

    const input = { current: password, password: 'a changed password' };
    expect(leadsTo(await someone.submit('/app/settings/password', input))).to.equal('/app/settings');

    expect(someone.agent.jar.getCookie('hookbell.sid', access)?.value).not.to.equal(before);
    expect((await someone.get('/app/settings')).$('[role=status]').text()).to.include(
      'Your password is changed',
    );
    expect(leadsTo(await elsewhere.get('/app/settings'))).to.match(/^\/login/);
    const call = await someone.agent.get('/api/v1/bots').set('Authorization', `Bearer ${someone.key}`);
    expect(call.status).to.equal(200);
  });

  it('need the current password for a new one, and allow five guesses', async () => {
    const someone = await person(running, 'agent');
    const guess = { current: 'a guess', password: 'a changed password' };
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await someone.submit('/app/settings/password', guess);
      expect(answer.status).to.equal(422);
      expect(answer.$('#field-current-error').text()).to.equal('This is not your current password');
    }
    const input = { current: password, password: 'a changed password' };
    const answer = await someone.submit('/app/settings/password', input);
    expect(answer.status).to.equal(429);
    expect(answer.headers).to.have.property('retry-after');
  });

  it('refuse a short new password at the field', async () => {
    const someone = await person(running, 'agent');
    const input = { current: password, password: 'short' };
    const answer = await someone.submit('/app/settings/password', input);
    expect(answer.status).to.equal(422);
    expect(answer.$('#field-password-error').text()).to.equal('At least 8 characters');
    expect(answer.text).not.to.include(password);
  });

  it('show an admin the outbound rules and how to change them', async () => {
    const rules = '10.0.0.0/8,192.168.1.5,crm.internal:8080,[fd00::1]:443';
    const strict = await startHookbell({ env: { OUTBOUND_ALLOW: rules }, background: false });
    try {
      const admin = await person(strict);
      const { $ } = await admin.get('/app/settings/outbound');
      const shown = $('.list-group code')
        .map((_at, code) => $(code).text())
        .get();
      expect(shown.join()).to.equal(rules);
      expect($('main').text()).to.include('set the environment variable OUTBOUND_ALLOW');
    } finally {
      await strict.stop();
    }
  });
});

const access = { path: '/', domain: '127.0.0.1', secure: false, script: false };
