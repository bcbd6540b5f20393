import { expect } from 'chai';
import { makeHook, admin as nobody } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import type { Running } from '../support/server.js';
import { leadsTo, visitor } from '../support/visitor.js';
import { received, requestsOf, startStrict } from './house.js';

describe('the pages of test receivers, without JavaScript', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let stranger: Person;
  before(async () => {
    running = await startStrict();
    [admin, agent, stranger] = await Promise.all([
      person(running),
      person(running, 'agent'),
      person(running, 'agent'),
    ]);
  });
  after(() => running.stop());

  async function made(by: Person): Promise<{ path: string; url: string; id: string }> {
    const path = leadsTo(await by.submit('/app/receivers'))!;
    expect(path).to.match(/^\/app\/receivers\/[0-9a-f-]{36}$/);
    const url = (await by.get(path)).$('#receiver-url').text();
    return { path, url, id: path.split('/').at(-1)! };
  }

  it('make one with one click, at a URL of this server', async () => {
    const { url } = await made(admin);
    expect(url).to.match(new RegExp(`^${running.url}/inbox/[A-Za-z0-9_-]{43}$`));
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).to.equal(200);
  });

  it('have a name: a number unless another is given, and another one later', async () => {
    const h1 = async (path: string) => (await admin.get(path)).$('h1').text();
    const first = await made(admin);
    const second = await made(admin);
    const number = Number((await h1(first.path)).replace(/^Test receiver /, ''));
    expect(await h1(second.path)).to.equal(`Test receiver ${number + 1}`);
    const called = leadsTo(await admin.submit('/app/receivers', { name: ' For the <b>CRM</b> ' }))!;
    expect(await h1(called)).to.equal('For the <b>CRM</b>');

    const refused = await admin.submit(first.path, { name: ' ' }, `${first.path}/name`);
    expect([refused.status, refused.$('#field-name-error').text()]).to.deep.equal([422, 'Missing']);
    expect(refused.$('input[name=answer]:checked').val()).to.equal('200');
    expect(leadsTo(await admin.submit(first.path, { name: 'Orders' }, `${first.path}/name`))).to.equal(
      first.path,
    );
    const page = await admin.get(`${first.path}/delete`);

    expect(page.$('h1').text()).to.equal('Delete “Orders”?');
    expect(page.$('.breadcrumb').text()).to.include('Orders');
    expect(page.$('title').text()).to.include('Orders');
    const list = (await admin.get('/app/receivers')).$('tbody a');
    expect(list.text()).to.include('Orders').and.include('For the <b>CRM</b>');
    expect((await admin.submit('/app/receivers', { name: 'x'.repeat(101) })).status).to.equal(422);
  });

  it('keep the token sealed, and out of the log', async () => {
    const { url, path } = await made(admin);
    await fetch(url, { method: 'POST' });
    await fetch(`${url}/more?x=1`);
    const token = url.split('/').at(-1)!;
    const rows = await running.hookbell.deps.db('receivers').select();
    expect(JSON.stringify(rows)).not.to.include(token);
    expect(running.logged()).not.to.include(token);
    expect(running.logged()).to.include('"path":"/inbox/[secret]"');
    const audit = (await admin.get('/app/settings/audit')).$('main').text();
    expect(audit).to.include(`created the test receiver “${(await admin.get(path)).$('h1').text()}”`);
    expect(audit).not.to.include(token);
    expect((await admin.get(path)).headers['cache-control']).to.equal('no-store');
  });

  it('show what arrived, with its marks, headers and body', async () => {
    const { path, url, id } = await made(admin);
    await makeHook(running, url);
    await fetch(url, {
      method: 'POST',
      headers: { 'X-Secret-Key': 'not the right one', 'X-Hookbell-Attempt': '3' },
      body: '{"hello":{"to":"<b>you</b>"}}',
    });
    await received(running, await running.hookbell.receivers.seenBy(nobody, id), 1);
    const { $ } = await admin.get(path);
    const card = $('article.received').text().replace(/\s+/g, ' ');
    expect(card).to.include('POST Attempt 3').and.include('X-Secret-Key differs').and.include('no signature');
    expect(card).to.include('answered 200').and.include('X-Secret-Key: not the right one');
    expect($('article.received pre').eq(1).text()).to.equal(
      '{\n  "hello": {\n    "to": "<b>you</b>"\n  }\n}',
    );
    expect($('article.received pre').eq(2).text()).to.equal('{"hello":{"to":"<b>you</b>"}}');
    expect($('main').text()).to.include('sync.success of Help desk');
  });

  it('show a long body in part, and whole on a page of its own', async () => {
    const { path, url } = await made(admin);
    await fetch(url, { method: 'POST', body: 'x'.repeat(70_000) });
    const { $ } = await admin.get(path);
    expect($('article.received pre').eq(1).text()).to.have.length(8 * 1024);
    const whole = await admin.get($('article.received a:contains("Show the whole body")').attr('href')!);
    expect(whole.$('article.received pre').eq(1).text()).to.have.length(64 * 1024);
    expect(whole.$('main').text()).to.include('its first 64 KiB are kept');
    for (const wrong of ['0', 'x', '1e99', '99999999']) {
      expect((await admin.get(`${path}/requests/${wrong}`)).status, wrong).to.equal(404);
    }
  });

  it('turn pages of 20 requests', async () => {
    const { path, url } = await made(admin);
    for (let number = 0; number < 23; number++) await fetch(url, { method: 'POST' });
    const first = await admin.get(path);
    expect(first.$('article.received')).to.have.length(20);
    const second = await admin.get(first.$('a:contains("Older requests")').attr('href')!);
    expect(second.$('article.received')).to.have.length(3);
    expect((await admin.get(`${path}?cursor=nonsense`)).status).to.equal(422);
  });

  it('tell it how to answer, and refuse what it cannot do', async () => {
    const { path, url, id } = await made(admin);
    const tell = (fields: Record<string, string>) => admin.submit(path, fields, `${path}/answer`);
    for (const [fields, status] of [
      [{ answer: '500' }, 500],
      [{ answer: '410' }, 410],
      [{ answer: '302' }, 302],
      [{ answer: '429', retryAfter: '7', delay: 'nonsense of another answer' }, 429],
      [{ answer: '200' }, 200],
    ] as [Record<string, string>, number][]) {
      expect(leadsTo(await tell(fields))).to.equal(path);
      const answer = await fetch(url, { redirect: 'manual' });
      expect(answer.status).to.equal(status);
      expect(running.logged()).not.to.match(/"level":[56]0/);
      if (status === 429) expect(answer.headers.get('retry-after')).to.equal('7');
      const { $ } = await admin.get(path);
      expect($('input[name=answer]:checked').val()).to.equal(fields.answer);
    }
    for (const [fields, problem] of [
      [{ answer: 'slow', delay: '31' }, 'At most 30 seconds'],
      [{ answer: 'slow', delay: '0' }, 'At least 1 second'],
      [{ answer: 'slow', delay: '1.5' }, 'A whole number'],
      [{ answer: '429', retryAfter: '3601' }, 'At most 3,600 seconds'],
      [{ answer: 'teapot' }, 'Choose one of the answers'],
    ] as [Record<string, string>, string][]) {
      const { status, $ } = await tell(fields);
      expect(status, problem).to.equal(422);
      expect($('main').text()).to.include(problem);
    }
    const { answer } = await running.hookbell.receivers.seenBy(nobody, id);
    expect(answer).to.deep.equal({ kind: '200', seconds: null });
  });

  it('empty the list, and delete the receiver after asking', async () => {
    const { path, url, id } = await made(admin);
    await fetch(url);
    const receiver = await running.hookbell.receivers.seenBy(nobody, id);
    expect(leadsTo(await admin.submit(path, {}, `${path}/clear`))).to.equal(path);
    expect(await requestsOf(running, receiver)).to.deep.equal([]);

    await fetch(url);
    const hook = await makeHook(running, url);
    const asked = await admin.get(`${path}/delete`);
    expect(asked.$('main').text()).to.include('These webhooks still send there');
    expect(leadsTo(await admin.submit(`${path}/delete`, {}, `${path}/delete`))).to.equal('/app/receivers');
    expect((await fetch(url)).status).to.equal(404);
    expect((await admin.get(path)).status).to.equal(404);
    expect((await admin.get(`/app/webhooks/${hook.id}`)).$('main').text()).to.include(
      'It was a test receiver of this server, which is gone',
    );
    expect((await admin.get('/app/settings/audit')).$('main').text())
      .to.include('cleared the test receiver')
      .and.include('deleted the test receiver');
  });

  it('are for its maker and for admins', async () => {
    const { path, url } = await made(agent);
    await fetch(url, { method: 'POST', body: 'mine' });
    expect((await agent.get(path)).text).to.include('mine');
    expect((await admin.get(path)).text).to.include('mine');
    expect((await admin.get('/app/receivers')).$(`main a[href="${path}"]`)).to.have.length(1);
    const _csrf = await stranger.token();
    for (const page of [path, `${path}/live`, `${path}/delete`, `${path}/requests/1`]) {
      expect((await stranger.get(page)).status, page).to.equal(404);
      expect(leadsTo(await visitor(running.url).get(page)), page).to.include('/login');
    }
    for (const change of ['name', 'answer', 'clear', 'delete']) {
      const answer = await stranger.post(`${path}/${change}`, { _csrf, answer: '500', name: 'Mine' });
      expect(answer.status, change).to.equal(404);
    }
    expect((await stranger.get('/app/receivers')).text).not.to.include(path);
    expect((await agent.get(path)).text).to.include('mine');
  });

  it('answer strangers to a token the same, whatever they try', async () => {
    const { url } = await made(admin);
    const token = url.split('/').at(-1)!;
    const wrong = [
      '/inbox',
      '/inbox/',
      `/inbox/${'A'.repeat(43)}`,
      `/inbox/${token}/`,
      `/inbox/${token}x`,
      `/inbox/${token.slice(1)}`,
      '/inbox/%00',
      '/inbox/%ff',
    ];
    for (const path of wrong) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await fetch(running.url + path, { method });
        expect([answer.status, await answer.text()], `${method} ${path}`).to.deep.equal([
          404,
          '{"error":"Not found"}',
        ]);
        expect(answer.headers.get('set-cookie')).to.equal(null);
        expect(answer.headers.get('cache-control')).to.equal('no-store');
      }
    }
  });
});

describe('the form of a webhook', () => {
  let running: Running;
  let admin: Person;
  let bot: string;
  before(async () => {
    running = await startStrict();
    admin = await person(running);
    bot = leadsTo(await admin.submit('/app/bots/new', { name: 'Help desk' }))!;
  });
  after(() => running.stop());

  const asTarget = async (back: string, headers: Record<string, string> = {}) =>
    admin.post('/app/receivers/as-target', { _csrf: await admin.token(), back }, headers);

  it('comes back with the URL of a new test receiver, which the guard does not refuse', async () => {
    const form = `${bot}/webhooks/new?type=sync.success`;
    const page = await admin.get(form);
    expect(page.$('#use-test-receiver').val()).to.equal(form);
    const filled = leadsTo(await asTarget(form))!;
    expect(filled).to.match(/&receiver=[0-9a-f-]{36}$/);
    const target = (await admin.get(filled)).$('#field-targetUrl').val() as string;
    expect(target).to.include(`${running.url}/inbox/`);

    const webhook = leadsTo(await admin.submit(filled))!;
    const made = await admin.get(webhook);
    expect(made.$('main').text()).to.match(/It is a test receiver of this server, “Test receiver \d+”\./);
    expect(made.$('a:contains("See what arrives there")').attr('href')).to.equal(
      `/app/receivers/${filled.split('receiver=')[1]}`,
    );
  });

  it('offers one on the page of a webhook that sends elsewhere', async () => {
    const id = bot.split('/').at(-1)!;
    const { webhook } = await running.hookbell.webhooks.create(
      id,
      { type: 'sync.failure', targetUrl: 'https://example.com/', enabled: true },
      nobody,
      running.hookbell.deps.clock(),
    );
    const path = `/app/webhooks/${webhook.id}`;
    const filled = leadsTo(await admin.submit(path, {}, '/app/receivers/as-target'))!;
    expect(filled).to.match(new RegExp(`^${path}/edit\\?receiver=`));
    await admin.submit(filled);
    const { targetUrl } = await running.hookbell.webhooks.seenBy(nobody, webhook.id);
    expect(targetUrl).to.include(`${running.url}/inbox/`);
  });

  it('is given the field alone by a click with JavaScript, and is told when there are too many', async () => {
    const form = `${bot}/webhooks/new?type=sync.success`;
    const part = await asTarget(form, { 'HX-Request': 'true' });
    expect(part.status).to.equal(200);
    expect(part.$('#target input').val()).to.include('/inbox/');
    expect(part.text).not.to.include('<html');
    for (let left = 20; left > 0; left--) await asTarget(form, { 'HX-Request': 'true' });
    const refused = await asTarget(form, { 'HX-Request': 'true' });
    expect(refused.status).to.equal(200);
    expect(refused.$('#field-targetUrl-error').text()).to.include('You have 20 test receivers already');
    expect(leadsTo(await asTarget(form))).to.equal('/app/receivers');
  });

  it('leads nowhere else', async () => {
    for (const back of [
      '//evil.example',
      'https://evil.example/',
      '/app/bots',
      '/app/webhooks/x/edit?a=b',
      '',
    ]) {
      expect((await asTarget(back)).status, back).to.equal(404);
    }
  });
});
