import { expect } from 'chai';
import { failureThrottle, networkOf, signInThrottle, waitAfter } from '../../src/accounts/throttle.js';
import { TooMany } from '../../src/errors.js';
import { password, userIn } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, setCookie, type Visitor, visitor } from '../support/visitor.js';

const refusal = async (attempt: Promise<unknown>): Promise<TooMany | null> =>
  attempt.then(
    () => null,
    (error) => {
      expect(error).to.be.instanceOf(TooMany);
      return error;
    },
  );

describe('failed sign-ins', () => {
  const env = { TRUST_PROXY: '1' };
  const email = 'owner@example.com';
  const attacker = { 'X-Forwarded-For': '198.51.100.1' };
  const owner = { 'X-Forwarded-For': '203.0.113.1' };
  let running: Running;
  beforeEach(async () => {
    running = await startHookbell({ env, background: false });
    await userIn(running.hookbell, 'admin', email);
  });
  afterEach(() => running.stop());

  async function fail(browser: Visitor, times: number) {
    const _csrf = String((await browser.get('/login')).$('input[name=_csrf]').val());
    const guess = () => browser.post('/login', { _csrf, email, password: 'a guess' });
    const answers = await Promise.all(Array.from({ length: times }, guess));
    expect(answers.map((answer) => answer.status)).to.deep.equal(answers.map(() => 401));
    return browser;
  }
  const failFiveTimes = (headers: Record<string, string>) => fail(visitor(running.url, headers), 5);

  it('make the sixth wait, even with the right password, and say how long', async () => {
    const browser = await failFiveTimes(attacker);
    const answer = await browser.submit('/login', { email, password });
    expect(answer.status).to.equal(429);
    expect(Number(answer.headers['retry-after'])).to.be.within(1, 60);
    expect(answer.$('[role=alert]').text()).to.match(
      /^Too many failed attempts\. Try again in .*(second|minute)/,
    );
  });

  it('do not lock out the owner elsewhere', async () => {
    await failFiveTimes(attacker);
    const answer = await visitor(running.url, owner).submit('/login', { email, password });
    expect(leadsTo(answer)).to.equal('/app');
  });

  it('do not lock out the owner at the same address, in a browser that signed in before', async () => {
    const known = visitor(running.url, attacker);
    await known.submit('/login', { email, password });
    await known.post('/logout', { _csrf: await known.token() });

    await failFiveTimes(attacker);

    expect((await visitor(running.url, attacker).submit('/login', { email, password })).status).to.equal(429);
    expect(leadsTo(await known.submit('/login', { email, password }))).to.equal('/app');
  });

  it('count for the browser that signed in before, too', async () => {
    const known = visitor(running.url, owner);
    await known.submit('/login', { email, password });
    await known.post('/logout', { _csrf: await known.token() });
    await fail(known, 5);
    expect((await known.submit('/login', { email, password })).status).to.equal(429);
    expect(leadsTo(await visitor(running.url, owner).submit('/login', { email, password }))).to.equal('/app');
  });

  it('count for an attacker whose device cookie is of another user, or made up', async () => {
    const other = await userIn(running.hookbell, 'agent');
    const colleague = visitor(running.url, attacker);
    const device = setCookie(
      await colleague.submit('/login', { email: other.email, password }),
      'hookbell.device',
    )!.value;
    await failFiveTimes(attacker);

    for (const value of [device, `AAAA${device.slice(4)}`, 'AAAA.BBBB', device.split('.')[0]]) {
      const page = await visitor(running.url, attacker).get('/login');
      const session = setCookie(page, 'hookbell.sid')!.value;
      const cookies = `hookbell.sid=${session}; hookbell.device=${value}`;
      const _csrf = String(page.$('input[name=_csrf]').val());
      const forger = visitor(running.url, { ...attacker, Cookie: cookies });
      expect((await forger.post('/login', { _csrf, email, password })).status, value).to.equal(429);
    }
  });

  it('count by the real address where no proxy is trusted, whatever X-Forwarded-For says', async () => {
    const direct = await startHookbell({ background: false });
    try {
      await userIn(direct.hookbell, 'admin', email);
      const statuses = [];
      for (let turn = 1; turn <= 6; turn += 1) {
        const liar = visitor(direct.url, { 'X-Forwarded-For': `198.51.100.${turn}` });
        statuses.push((await liar.submit('/login', { email, password: 'a guess' })).status);
      }
      expect(statuses).to.deep.equal([401, 401, 401, 401, 401, 429]);
    } finally {
      await direct.stop();
    }
  });

  it('count when they come side by side', async () => {
    const browser = visitor(running.url, attacker);
    const _csrf = String((await browser.get('/login')).$('input[name=_csrf]').val());
    const guesses = Array.from({ length: 12 }, () =>
      browser.post('/login', { _csrf, email, password: 'a guess' }),
    );
    const statuses = (await Promise.all(guesses)).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 401)).to.have.length(5);
    expect(statuses.filter((status) => status === 429)).to.have.length(7);
  });

  it('are forgotten with a success', async () => {
    const browser = visitor(running.url, attacker);
    await fail(browser, 4);
    await browser.submit('/login', { email, password });
    await failFiveTimes(attacker);
  });
});

describe('the throttle', () => {
  it('waits a minute, then twice as long each time, at most an hour', () => {
    expect([1, 2, 3, 6, 7, 20].map(waitAfter)).to.deep.equal([60, 120, 240, 1920, 3600, 3600]);
  });

  it('holds a whole network to a hundred failures an hour, whomever they are for', async () => {
    const throttle = signInThrottle();
    const begin = (number: number, address = '198.51.100.7') =>
      throttle.begin({ address, email: `user${number}@example.com`, device: null });
    for (let number = 0; number < 100; number += 1) await begin(number);
    expect((await refusal(begin(100)))?.status).to.equal(429);
    expect(await refusal(begin(100, '198.51.100.8'))).to.equal(null);
    expect(await refusal(throttle.begin({ address: '198.51.100.7', email: 'a', device: 'known' }))).to.equal(
      null,
    );
  });

  it('does not count successes against a network', async () => {
    const throttle = signInThrottle();
    for (let number = 0; number < 150; number += 1) {
      const attempt = await throttle.begin({ address: '198.51.100.7', email: 'a@example.com', device: null });
      await attempt.succeeded();
    }
  });

  it('keeps its counts by key', async () => {
    const throttle = failureThrottle('test');
    for (let turn = 0; turn < 5; turn += 1) await throttle.begin('one');
    expect(await refusal(throttle.begin('one'))).not.to.equal(null);
    expect(await refusal(throttle.begin('two'))).to.equal(null);
  });

  it('sees an IPv6 customer as one, by the first 64 bits', () => {
    expect(networkOf('2001:db8:1:2:aaaa::1')).to.equal(networkOf('2001:db8:1:2:bbbb::2'));
    expect(networkOf('2001:db8:1:2::1')).not.to.equal(networkOf('2001:db8:1:3::1'));
    expect(networkOf('::ffff:198.51.100.7')).to.equal(networkOf('198.51.100.7'));
  });
});
