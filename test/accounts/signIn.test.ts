import { expect } from 'chai';
import { commandLine } from '../../src/accounts/actor.js';
import { nextPage } from '../../src/accounts/nextPage.js';
import { removeEndedSessions } from '../../src/http/sessions.js';
import { password, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, setCookie, visitor } from '../support/visitor.js';

const lifetime = (attributes: string[]) =>
  Date.parse(attributes.find((attribute) => attribute.startsWith('Expires='))!.slice(8)) - Date.now();

/** JSON as the driver gives it: as text, or read already. */
const inJson = (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value);

describe('signing in', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(() => running.stop());

  const user = async (email: string) =>
    running.hookbell.accounts.createUser(
      { email, name: 'Some One', role: 'admin', password },
      commandLine,
      1,
    );

  it('leads to the page that was asked for', async () => {
    await user('one@example.com');
    const browser = visitor(running.url);
    const asked = await browser.get('/app/settings/users?x=1');
    expect(leadsTo(asked)).to.equal('/login?next=%2Fapp%2Fsettings%2Fusers%3Fx%3D1');
    const answer = await browser.submit(asked.headers.location!, { email: 'ONE@example.com ', password });
    expect(leadsTo(answer)).to.equal('/app/settings/users?x=1');
    expect((await browser.get('/app/settings/users')).status).to.equal(200);
  });

  for (const path of ['/app', '/app/settings', '/app/bots/new', '/app/settings/audit', '/app/no-such-page']) {
    it(`is asked of a stranger at ${path}`, async () => {
      const next = encodeURIComponent(path);
      expect(leadsTo(await visitor(running.url).get(path))).to.equal(`/login?next=${next}`);
    });
  }

  it('is refused with a wrong password and for an unknown user in the same words', async () => {
    await user('two@example.com');
    const wrong = await visitor(running.url).submit('/login', {
      email: 'two@example.com',
      password: 'not this',
    });
    const nobody = await visitor(running.url).submit('/login', {
      email: 'none@example.com',
      password: 'not this',
    });
    expect([wrong.status, nobody.status]).to.deep.equal([401, 401]);
    expect(wrong.$('[role=alert]').text()).to.equal('Wrong e-mail address or password.');
    expect(nobody.$('[role=alert]').text()).to.equal('Wrong e-mail address or password.');
    expect(wrong.text).not.to.include('not this');
    expect(setCookie(wrong, 'hookbell.device')).to.equal(null);
  });

  it('takes as long for an unknown user', async () => {
    await user('three@example.com');
    const { accounts } = running.hookbell;
    const fastest = async (email: string) => {
      const times = [];
      for (let turn = 0; turn < 3; turn += 1) {
        const before = process.cpuUsage();
        await accounts.signIn(email, 'not this');
        times.push(process.cpuUsage(before).user);
      }
      return Math.min(...times);
    };
    expect((await fastest('nobody@example.com')) / (await fastest('three@example.com'))).to.be.within(0.5, 2);
  });

  it('starts a session with a new id, and the old one stays a stranger', async () => {
    await user('four@example.com');
    const attacker = visitor(running.url);
    const planted = setCookie(await attacker.get('/login'), 'hookbell.sid')!.value;

    const victim = visitor(running.url, { Cookie: `hookbell.sid=${planted}` });
    const answer = await victim.submit('/login', { email: 'four@example.com', password });

    expect(leadsTo(answer)).to.equal('/app');
    expect(setCookie(answer, 'hookbell.sid')!.value).not.to.equal(planted);
    expect(leadsTo(await attacker.get('/app/settings'))).to.match(/^\/login/);
  });

  it('takes no session id that the server did not make', async () => {
    await user('five@example.com');
    const browser = visitor(running.url, { Cookie: 'hookbell.sid=s%3Achosen.signature' });
    const made = setCookie(await browser.get('/login'), 'hookbell.sid')!.value;
    expect(made).not.to.include('chosen');
  });

  it('needs no more than the form: a missing or doubled field is refused, not a crash', async () => {
    const browser = visitor(running.url);
    const _csrf = String((await browser.get('/login')).$('input[name=_csrf]').val());
    for (const fields of [
      {},
      { email: ['a', 'b'] },
      { 'email[toString]': 'x' },
      { password: ['a', 'b'], email: 'a' },
    ]) {
      expect((await browser.post('/login', { _csrf, ...fields })).status).to.equal(422);
    }
  });

  it('shows the dashboard instead of the form to those who are signed in', async () => {
    const someone = await person(running);
    expect(leadsTo(await someone.get('/login'))).to.equal('/app');
    expect(leadsTo(await someone.get('/login?next=/app/bots'))).to.equal('/app/bots');
    expect(leadsTo(await someone.get('/'))).to.equal('/app');
  });

  it('ends with signing out: the cookie from before opens nothing', async () => {
    const someone = await person(running);
    const before = someone.agent.jar.getCookies({
      path: '/',
      domain: '127.0.0.1',
      secure: false,
      script: false,
    });
    const cookie = before.map(({ name, value }) => `${name}=${value}`).join('; ');
    expect((await visitor(running.url, { Cookie: cookie }).get('/app/settings')).status).to.equal(200);

    const left = await someone.post('/logout', { _csrf: await someone.token() });

    expect(leadsTo(left)).to.equal('/login');
    expect((await someone.get('/login')).$('[role=status]').text()).to.equal('You are signed out.');
    expect(leadsTo(await someone.get('/app/settings'))).to.match(/^\/login/);
    expect(leadsTo(await visitor(running.url, { Cookie: cookie }).get('/app/settings'))).to.match(/^\/login/);
  });

  it('is written once a day, and not by every page view', async () => {
    const someone = await person(running);
    const { db } = running.hookbell.deps;
    const rows = async () => JSON.stringify(await db('sessions').orderBy('sid'));
    await someone.get('/app/settings');
    const before = await rows();

    const view = await someone.get('/app/settings');

    expect(view.status).to.equal(200);
    expect(setCookie(view, 'hookbell.sid')).to.equal(null);
    expect(await rows()).to.equal(before);
  });

  it('lasts two weeks from the last visit, a stranger’s session a day', async () => {
    const someone = await person(running);
    const { db } = running.hookbell.deps;
    const aDay = 24 * 3_600_000;
    const sessions = (await db('sessions')).map(({ sid, sess }) => ({ sid, sess: inJson(sess) }));
    const row = sessions.find(({ sess }) => sess.userId === someone.id)!;
    const yesterday = { ...row.sess, day: Math.floor(Date.now() / aDay) - 1 };
    const soon = new Date(Date.now() + 60_000).toISOString();
    await db('sessions')
      .where({ sid: row.sid })
      .update({ sess: JSON.stringify(yesterday), expired: soon });

    const view = await someone.get('/app/settings');

    const { expired } = await db('sessions').where({ sid: row.sid }).first('expired');
    expect(new Date(expired).getTime() - Date.now()).to.be.within(13.9 * aDay, 14 * aDay);
    expect(lifetime(setCookie(view, 'hookbell.sid')!.attributes)).to.be.within(13.9 * aDay, 14 * aDay);
    const stranger = setCookie(await visitor(running.url).get('/login'), 'hookbell.sid')!;
    expect(lifetime(stranger.attributes)).to.be.within(0.9 * aDay, aDay);
  });

  it('is forgotten by the database when it has ended', async () => {
    const { db } = running.hookbell.deps;
    await visitor(running.url).get('/login');
    const aDay = 24 * 3_600_000;
    const count = async () => Number((await db('sessions').count({ n: '*' }))[0]?.n);
    const before = await count();
    expect(await removeEndedSessions(db, Date.now())).to.equal(0);
    expect(await removeEndedSessions(db, Date.now() + aDay + 1)).to.be.within(1, before);
    await removeEndedSessions(db, Date.now() + 15 * aDay);
    expect(await count()).to.equal(0);
  });
});

describe('the cookies', () => {
  const flags = async (env: Record<string, string>, headers: Record<string, string>) => {
    const running = await startHookbell({ env, background: false });
    try {
      await running.hookbell.accounts.createUser(
        { email: 'a@example.com', name: 'A', role: 'admin', password },
        commandLine,
        1,
      );
      const browser = visitor(running.url, headers);
      const page = await browser.get('/login');
      const session = setCookie(page, 'hookbell.sid')!;
      const answer = await visitor(running.url, {
        ...headers,
        Cookie: `hookbell.sid=${session.value}`,
      }).post('/login', {
        email: 'a@example.com',
        password,
        _csrf: String(page.$('input[name=_csrf]').val()),
      });
      return { session: setCookie(answer, 'hookbell.sid')!, device: setCookie(answer, 'hookbell.device')! };
    } finally {
      await running.stop();
    }
  };

  it('are HttpOnly and SameSite=Lax', async () => {
    const { session, device } = await flags({}, {});
    expect(session.attributes)
      .to.include.members(['HttpOnly', 'SameSite=Lax', 'Path=/'])
      .and.not.include('Secure');
    expect(device.attributes).to.include.members(['HttpOnly', 'SameSite=Lax', 'Path=/login']);
    expect(device.attributes).not.to.include('Secure');
  });

  it('are Secure behind a TLS proxy that is trusted', async () => {
    const { session, device } = await flags({ TRUST_PROXY: '1' }, { 'X-Forwarded-Proto': 'https' });
    expect(session.attributes).to.include('Secure');
    expect(device.attributes).to.include('Secure');
  });

  it('are Secure with a PUBLIC_URL of https', async () => {
    const env = { PUBLIC_URL: 'https://bots.example.com' };
    const { session } = await flags(env, { 'X-Forwarded-Proto': 'https' });
    expect(session.attributes).to.include('Secure');
  });

  it('are not Secure because a stranger says so', async () => {
    const { session } = await flags({}, { 'X-Forwarded-Proto': 'https' });
    expect(session.attributes).not.to.include('Secure');
  });
});

describe('the page after signing in', () => {
  const local = ['/app', '/app/', '/app/bots', '/app/bots?cursor=abc', '/app/webhooks/1#attempts'];
  for (const path of local) it(`may be ${path}`, () => expect(nextPage(path)).to.equal(path));

  const elsewhere = [
    '//evil.example',
    '//evil.example/app',
    '/\\evil.example',
    '/\\/evil.example/app',
    '\\\\evil.example',
    '/\t/evil.example/app',
    '/\n/evil.example',
    '/.//evil.example',
    '/app/..//evil.example',
    '/app/%2e%2e//evil.example',
    'https://evil.example/app',
    'https:evil.example',
    'javascript:alert(1)',
    'app',
    ' /app',
    '@evil.example',
    '/apple',
    '/api/v1/bots',
    '/logout',
    '',
    undefined,
    ['/app', '/app'],
  ];
  for (const path of elsewhere) {
    it(`is the dashboard for ${JSON.stringify(path)}`, () => expect(nextPage(path)).to.equal('/app'));
  }

  it('stays on this site, whatever leads there', () => {
    expect(nextPage('/app//evil.example')).to.equal('/app//evil.example');
    expect(nextPage('/app/\\evil.example')).to.equal('/app//evil.example');
  });
});
