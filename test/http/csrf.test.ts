import { expect } from 'chai';
import { changingPages } from '../support/pageRoutes.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { visitor } from '../support/visitor.js';

describe('cross-site requests', () => {
  let running: Running;
  let admin: Person;
  let foreign: string;
  let paths: string[];
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
    foreign = await (await person(running)).token();
    paths = changingPages(running.server);
  });
  after(() => running.stop());

  const counts = async () => {
    const { db } = running.hookbell.deps;
    const tables = ['users', 'api_keys', 'bots', 'audit_log', 'sessions'];
    return Promise.all(tables.map(async (table) => (await db(table).count({ n: '*' }))[0]?.n));
  };

  it('are looked for on every form there is', () => {
    expect(paths).to.include.members([
      '/setup',
      '/login',
      '/logout',
      '/app/bots',
      '/app/bots/x/delete',
      '/app/settings/users',
      '/app/settings/users/x/remove',
      '/app/settings/api-keys',
      '/app/settings/password',
    ]);
  });

  it('are refused without a token, and change nothing', async () => {
    const before = await counts();
    for (const path of paths) {
      const answer = await admin.post(path, { name: 'X' });
      expect(answer.status, path).to.equal(403);
      expect(answer.$('main').text(), path).to.include('This form is out of date');
    }
    expect(await counts()).to.deep.equal(before);
    expect((await admin.get('/app/settings')).status).to.equal(200);
  });

  it('are refused with the token of another session, wherever it stands', async () => {
    const before = await counts();
    for (const path of paths) {
      expect((await admin.post(path, { name: 'X', _csrf: foreign })).status, path).to.equal(403);
      expect((await admin.post(path, { name: 'X' }, { 'X-CSRF-Token': foreign })).status, path).to.equal(403);
      expect((await admin.post(`${path}?_csrf=${foreign}`, { name: 'X' })).status, path).to.equal(403);
    }
    expect(await counts()).to.deep.equal(before);
  });

  it('are refused with tokens in odd shapes', async () => {
    const own = await admin.token();
    for (const fields of [{ '_csrf[]': own }, { '_csrf[a]': own }, { _csrf: [own, own] }, { _csrf: '' }]) {
      expect((await admin.post('/app/bots', { name: 'X', ...fields })).status).to.equal(403);
    }
  });

  it('are refused in other types of body, which need no preflight', async () => {
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json']) {
      const answer = await admin.agent.post('/logout').set('Content-Type', type).send('');
      expect(answer.status, type).to.equal(403);
    }
    expect((await admin.get('/app/settings')).status).to.equal(200);
  });

  it('may carry the token in a header or in the query', async () => {
    const own = await admin.token();
    expect((await admin.post('/app/bots', { name: 'By header' }, { 'X-CSRF-Token': own })).status).to.equal(
      303,
    );
    expect((await admin.post(`/app/bots?_csrf=${own}`, { name: 'By query' })).status).to.equal(303);
  });

  it('find a new token after signing in', async () => {
    const browser = visitor(running.url);
    const before = (await browser.get('/login')).$('input[name=_csrf]').val();
    await browser.submit('/login', { email: admin.email, password: 'a long enough password' });
    expect(await browser.token())
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(before);
  });

  it('cannot sign anybody in: the form of a stranger has a token too', async () => {
    const victim = visitor(running.url);
    const fields = { email: admin.email, password: 'a long enough password', _csrf: foreign };
    expect((await victim.post('/login', fields)).status).to.equal(403);
  });
});
