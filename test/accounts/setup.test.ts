import { expect } from 'chai';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, visitor } from '../support/visitor.js';

const ada = { name: 'Ada', email: 'Ada@Example.com', password: 'a long enough password' };

describe('the first admin', () => {
  let running: Running;
  const setup = () => `/setup?token=${running.hookbell.accounts.setupToken()}`;
  beforeEach(async () => {
    running = await startHookbell({ background: false });
  });
  afterEach(() => running.stop());

  it('is made with the link of the log, and is signed in', async () => {
    const browser = visitor(running.url);
    expect(leadsTo(await browser.submit(setup(), ada))).to.equal('/app');
    const { $ } = await browser.get('/app/settings/users');
    expect($('tbody tr').text()).to.include('ada@example.com').and.include('Admin');
  });

  for (const query of ['', '?token=', '?token=wrong', '?token=a&token=b']) {
    it(`is not made with “/setup${query}”, and the page says where the link is`, async () => {
      const browser = visitor(running.url);
      const answer = await browser.get(`/setup${query}`);
      expect(answer.status).to.equal(404);
      expect(answer.$('main').text()).to.include('Make the first admin:');
      const token = (await browser.get(setup())).$('input[name=_csrf]').val();
      expect((await browser.post(`/setup${query}`, { ...ada, _csrf: String(token) })).status).to.equal(404);
      expect(await running.hookbell.accounts.list()).to.deep.equal([]);
    });
  }

  it('closes the setup: the link leads to the sign-in page from then on', async () => {
    const late = visitor(running.url);
    const { $ } = await late.get(setup());
    const token = String($('input[name=_csrf]').val());
    await visitor(running.url).submit(setup(), ada);

    const shown = await visitor(running.url).get(setup());
    expect(shown.status).to.equal(404);
    expect(shown.$('main a').attr('href')).to.equal('/login');
    const sent = await late.post(setup(), { ...ada, email: 'late@example.com', _csrf: token });
    expect(sent.status).to.equal(404);
    expect(await running.hookbell.accounts.list()).to.have.length(1);
  });

  it('is one, however many race for it', async () => {
    const racers = await Promise.all(
      Array.from({ length: 50 }, async (_, number) => {
        const browser = visitor(running.url);
        const { $ } = await browser.get(setup());
        return { browser, number, token: String($('input[name=_csrf]').val()) };
      }),
    );
    const answers = await Promise.all(
      racers.map(({ browser, number, token }) =>
        browser.post(setup(), { ...ada, email: `racer${number}@example.com`, _csrf: token }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 303)).to.have.length(1);
    expect(answers.every((answer) => [303, 404, 409].includes(answer.status))).to.equal(true);
    expect(await running.hookbell.accounts.list()).to.have.length(1);
  });

  it('needs a name, an e-mail address and a password, and says so at the field', async () => {
    const browser = visitor(running.url);
    const answer = await browser.submit(setup(), { name: '', email: 'ada', password: 'short' });
    expect(answer.status).to.equal(422);
    const problem = (field: string) => answer.$(`#field-${field}-error`).text();
    expect([problem('name'), problem('email'), problem('password')]).to.deep.equal([
      'Missing',
      'Not an e-mail address',
      'At least 8 characters',
    ]);
    expect(answer.$('#field-email').val()).to.equal('ada');
    expect(answer.text).not.to.include('short');
  });

  it('is asked for from wherever a stranger begins', async () => {
    const browser = visitor(running.url);
    expect(leadsTo(await browser.get('/'))).to.equal('/setup');
    expect(leadsTo(await browser.get('/login'))).to.equal('/setup');
  });

  it('is still wanted while there are agents only', async () => {
    const { accounts, deps } = running.hookbell;
    const actor = { id: null, name: 'Test', email: '', role: 'admin' as const };
    await accounts.createUser({ ...ada, email: 'agent@example.com', role: 'agent' }, actor, deps.clock());
    expect(leadsTo(await visitor(running.url).submit(setup(), ada))).to.equal('/app');
  });
});

describe('ADMIN_EMAIL and ADMIN_PASSWORD', () => {
  const env = { ADMIN_EMAIL: 'Boss@Example.com', ADMIN_PASSWORD: 'a configured password' };
  let running: Running;
  beforeEach(async () => {
    running = await startHookbell({ env, background: false });
  });
  afterEach(() => running.stop());

  it('make the first admin, who can sign in', async () => {
    const { accounts, deps } = running.hookbell;
    await accounts.createConfiguredAdmin(deps.config, deps.clock());
    const browser = visitor(running.url);
    const answer = await browser.submit('/login', { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD });
    expect(leadsTo(answer)).to.equal('/app');
  });

  it('change nothing where there is a user', async () => {
    const { accounts, deps } = running.hookbell;
    await accounts.createConfiguredAdmin(deps.config, deps.clock());
    await accounts.createConfiguredAdmin({ ...deps.config, adminEmail: 'other@example.com' }, deps.clock());
    expect((await accounts.list()).map((user) => user.email)).to.deep.equal(['boss@example.com']);
  });

  it('make none where there are agents', async () => {
    const { accounts, deps } = running.hookbell;
    const actor = { id: null, name: 'Test', email: '', role: 'admin' as const };
    await accounts.createUser({ ...ada, role: 'agent' }, actor, deps.clock());
    await accounts.createConfiguredAdmin(deps.config, deps.clock());
    expect((await accounts.list()).map((user) => user.role)).to.deep.equal(['agent']);
  });

  it('make one admin when two processes start at once', async () => {
    const other = await startHookbell({ env, dataDir: running.dataDir, background: false });
    try {
      const starts = [running, other, running].map(({ hookbell: { accounts, deps } }) =>
        accounts.createConfiguredAdmin(
          {
            ...deps.config,
            adminEmail: `${deps.live === other.hookbell.deps.live ? 'one' : 'two'}@example.com`,
          },
          deps.clock(),
        ),
      );
      await Promise.all(starts);
      expect(await running.hookbell.accounts.list()).to.have.length(1);
    } finally {
      await other.stop({ keep: true });
    }
  });
});
