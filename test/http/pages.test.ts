import { expect } from 'chai';
import { changingPages } from '../support/pageRoutes.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { visitor } from '../support/visitor.js';

describe('pages', () => {
  let running: Running;
  let admin: Person;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
  });
  after(() => running.stop());

  it('say when there is none, to those who are signed in and to strangers', async () => {
    for (const browser of [admin, visitor(running.url)]) {
      const answer = await browser.get('/no-such-page');
      expect(answer.status).to.equal(404);
      expect(answer.$('h1').text()).to.equal('Not found');
    }
  });

  it('may not be framed, run inline scripts or load from elsewhere', async () => {
    const { headers, text } = await admin.get('/app/settings');
    const policy = headers['content-security-policy'];
    expect(policy)
      .to.include("default-src 'none'")
      .and.include("script-src 'self'")
      .and.include("frame-ancestors 'none'");
    expect(policy).not.to.include('unsafe');
    expect(headers).to.include({ 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
    expect(headers).not.to.have.property('x-powered-by');
    expect(text).not.to.match(/<script>|<style|style="|\son[a-z]+="|javascript:/);
  });

  it('escape what people typed', async () => {
    const name = '<script>alert(1)</script>"><img src=x onerror=alert(1)>';
    await admin.submit('/app/bots/new', { name });
    for (const page of ['/app/bots', '/app/settings/audit']) {
      const { $, text } = await admin.get(page);
      expect(text, page).not.to.include('<img src=x');
      expect($('main').text(), page).to.include(name);
    }
  });

  const bodies: [string, string, string, number][] = [
    ['too large', 'application/x-www-form-urlencoded', `name=${'x'.repeat(1_100_000)}`, 413],
    ['with too many fields', 'application/x-www-form-urlencoded', 'a=1&'.repeat(2000), 413],
    ['nested too deep', 'application/x-www-form-urlencoded', `a${'[a]'.repeat(100)}=1`, 400],
    ['in an unknown charset', 'application/x-www-form-urlencoded; charset=klingon', 'a=1', 415],
  ];
  for (const [what, type, body, status] of bodies) {
    it(`answer a form ${what} with a page that says so: ${status}`, async () => {
      const answer = await admin.agent.post('/app/bots').set('Content-Type', type).send(body);
      expect(answer.status).to.equal(status);
      expect(answer.type).to.equal('text/html');
      expect(answer.text).to.include('</html>').and.not.include('node_modules');
    });
  }

  it('answer a malformed address with 400', async () => {
    const answer = await admin.get('/app/settings/users/%ff');
    expect(answer.status).to.equal(400);
  });

  it('take a form without a body for an empty one', async () => {
    const token = await admin.token();
    const { $ } = await admin.get('/app/bots');
    const bot = $('tbody a').first().attr('href');
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      const post = (path: string) =>
        admin.agent.post(path).set({ 'X-CSRF-Token': token, 'Content-Type': type }).send('');
      expect((await post('/app/bots')).status, type).to.equal(422);
      expect((await post(`${bot}/agents`)).status, type).to.equal(303);
    }
  });

  it('refuse fields that stand in for methods, or come in odd shapes, and never crash', async () => {
    const _csrf = await admin.token();
    const { $ } = await admin.get('/app/bots');
    const bot = $('tbody a').first().attr('href')!.split('/').at(-1)!;
    const names = [
      'name',
      'email',
      'password',
      'role',
      'current',
      'allowedOrigins',
      'agents',
      'welcomeMessage',
      'storageTokenLimit',
    ];
    const shapes = [
      '',
      '[]',
      '[toString]',
      '[__proto__][x]',
      '[constructor][prototype][x]',
      '[hasOwnProperty]',
      '[0][a]',
    ];
    const paths = changingPages(running.server).filter((path) => path !== '/logout');
    for (const path of paths) {
      for (const shape of shapes) {
        const fields = Object.fromEntries(names.map((name) => [name + shape, 'x']));
        const real = path.replace('/bots/x', `/bots/${bot}`).replace('/users/x', `/users/${admin.id}`);
        const answer = await admin.post(real, { ...fields, _csrf });
        expect(answer.status, `${real} ${shape}: ${running.logged().slice(-500)}`).to.be.below(500);
      }
    }
    expect(({} as { x?: string }).x).to.equal(undefined);
  });

  it('have a labelled field, and one heading, in each form', async () => {
    const pages = [
      '/app/settings',
      '/app/settings/users',
      '/app/settings/users/new',
      `/app/settings/users/${admin.id}`,
      `/app/settings/users/${admin.id}/remove`,
      '/app/settings/api-keys',
      '/app/settings/password',
      '/app/settings/outbound',
      '/app/settings/audit',
      '/app/bots',
      '/app/bots/new',
    ];
    for (const page of pages) {
      const { $, status } = await admin.get(page);
      expect(status, page).to.equal(200);
      expect($('h1').length, page).to.equal(1);
      const unlabelled = $('input:not([type=hidden]):not([hidden]), select, textarea')
        .filter(
          (_at, field) =>
            $(`label[for="${$(field).attr('id')}"]`).length === 0 && $(field).closest('label').length === 0,
        )
        .map((_at, field) => $(field).attr('name'))
        .get();
      expect(unlabelled, page).to.deep.equal([]);
      const ids = $('[id]')
        .map((_at, element) => $(element).attr('id'))
        .get();
      expect(ids, page).to.deep.equal([...new Set(ids)]);
    }
  });

  it('have assets that strangers may read and that are kept for a year', async () => {
    const stranger = visitor(running.url);
    const { $ } = await stranger.get('/login');
    const links = $('link[href], script[src]')
      .map((_at, link) => $(link).attr('href') ?? $(link).attr('src'))
      .get();
    expect(links.length).to.be.greaterThan(4);
    for (const link of [...links, '/assets/icons.svg']) {
      const asset = await stranger.get(link);
      expect(asset.status, link).to.equal(200);
      expect(asset.headers['cache-control'], link).to.include('immutable');
    }
    for (const link of ['/assets/vendor/__proto__', '/assets/vendor/nothing.js', '/assets/../package.json']) {
      expect((await stranger.get(link)).status, link).to.equal(404);
    }
  });

  it('are told apart from the API: nothing of a 5xx is shown', async () => {
    const broken = await startHookbell({ background: false });
    try {
      const someone = await person(broken);
      await broken.hookbell.deps.db.schema.renameTable('audit_log', 'gone');
      const page = await someone.get('/app/settings/audit');
      const answer = await someone.agent
        .post('/api/v1/bots')
        .set('Authorization', `Bearer ${someone.key}`)
        .send({ name: 'Secret name' });
      expect([page.status, answer.status]).to.deep.equal([500, 500]);
      for (const text of [page.text, answer.text]) {
        expect(text).not.to.match(/audit_log|sqlite|postgres|node_modules|\bat \//i);
      }
      expect(answer.type).to.equal('application/problem+json');
      expect(broken.logged())
        .to.match(/no such table|relation .* does not exist/)
        .and.not.include('Secret name');
    } finally {
      await broken.stop();
    }
  });
});
