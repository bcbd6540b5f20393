import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('with JavaScript', () => {
  let browser: Browser;
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let api: Caller;
  let page: Page;
  let errors: string[];
  let bot: string;
  let hook: string;
  let signedIn: Awaited<ReturnType<BrowserContext['storageState']>>;
  before(async function () {
    browser = await openBrowser(this);
    [running, receiver] = [await startHookbell(), await startReceiver()];
    admin = await person(running);
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const input = { type: 'sync.success', targetUrl: receiver.url };
    hook = (await api.post(`/bots/${bot}/webhooks`, input)).body.id;
    const first = await openContext(browser, { baseURL: running.url });
    await signIn(first.page, admin);
    signedIn = await first.context.storageState();
    await first.context.close();
  });
  beforeEach(async () => {
    const opened = await openContext(browser, {
      baseURL: running.url,
      permissions: ['clipboard-read', 'clipboard-write'],
      storageState: signedIn,
    });
    ({ page, errors } = opened);
    await page.goto('/app');
    await page.evaluate('window.stays = true');
  });
  afterEach(async () => {
    await page.context().close();
    expect(errors).to.deep.equal([]);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([running?.stop(), receiver?.close()]);
  });

  const stays = () => page.evaluate<boolean | undefined>('window.stays');
  const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.tagName');
  const scrolled = () => page.evaluate<number>('scrollY');
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const source = async (type: string, config: object): Promise<string> =>
    (await api.post(`/bots/${bot}/data-sources`, { name: 'Manual', type, config })).body.id;
  const nothingRuns = (id: string) =>
    eventually('the sync has ended', async () =>
      ['synced', 'failed', 'new'].includes((await api.get(`/data-sources/${id}`)).body.status),
    );

  it('a link leads to the top of the next page, its title and its main part', async () => {
    await page.setViewportSize({ width: 1280, height: 500 });
    await page.goto(`/app/bots/${bot}/webhooks`);
    await page.evaluate('window.stays = true');
    const last = page.getByRole('region', { name: 'Conversation released' }).getByRole('button');
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    expect(await scrolled()).to.be.greaterThan(100);
    await last.click();
    await heading(/^Conversation released/);
    expect([await page.title(), await scrolled(), await focused(), await stays()]).to.deep.equal([
      'Conversation released · Hookbell',
      0,
      'content',
      true,
    ]);
    await page.goBack();
    await page.getByRole('region', { name: 'Conversation released' }).waitFor();
    expect([await page.title(), await stays()]).to.deep.equal(['Webhooks of Help desk · Hookbell', true]);
  });

  it('a refused form says so in place, keeps what was typed and leads to the wrong field', async () => {
    await page.goto(`/app/bots/${bot}/webhooks`);
    await page.evaluate('window.stays = true');
    await page.getByRole('region', { name: 'Sync succeeded' }).getByRole('button', { name: 'Setup' }).click();
    await page.getByLabel('Target URL').fill(`${receiver.url}/typed-before`);
    await page.getByLabel('Secret', { exact: true }).fill('short');
    await press('Create');
    await page.getByText('At least 16 characters').waitFor();
    expect(await page.getByLabel('Target URL').inputValue()).to.equal(`${receiver.url}/typed-before`);
    expect([await focused(), await stays()]).to.deep.equal(['field-secret', true]);
    await page.keyboard.type(' enough, but with spaces');
    await press('Create');
    await page.getByText('Only A-Z a-z 0-9 _ and -').waitFor();
    await press('Generate a new secret');
    await press('Create');
    await page.getByText('The webhook is ready.').waitFor();
    expect(await stays()).to.equal(true);
  });

  it('room for another entry comes without a reload, and the cursor is in it', async () => {
    await page.goto(`/app/bots/${bot}/data-sources/new?type=text`);
    await page.evaluate('window.stays = true');
    await page.getByLabel('Title').fill('When are you open?');
    await press('Add an entry');
    await page.getByText('Entry 1').waitFor();
    await page.keyboard.type('Do you repair?');
    const titles = page.getByLabel('Title');
    expect(await Promise.all([titles.nth(0).inputValue(), titles.nth(1).inputValue()])).to.deep.equal([
      'When are you open?',
      'Do you repair?',
    ]);
    expect(await stays()).to.equal(true);
  });

  it('a notice is there once, whatever renews itself at the same time', async () => {
    const id = await source('csv', {});
    for (const name of ['one.csv', 'two.csv']) {
      await admin.agent
        .post(`/api/v1/data-sources/${id}/files`)
        .set('Authorization', `Bearer ${admin.key}`)
        .attach('file', Buffer.from(`name\n${name}\n`), name)
        .expect(201);
    }
    await nothingRuns(id);
    await page.goto(`/app/data-sources/${id}`);
    const notice = page.getByText('The file was removed');
    for (const name of ['one.csv', 'two.csv']) {
      await press(`Remove ${name}`);
      await page.getByRole('button', { name: `Remove ${name}` }).waitFor({ state: 'detached' });
      await notice.waitFor();
    }
    await page.reload();
    await heading(/^Manual/);
    expect(await notice.count()).to.equal(0);
  });

  it('the keyboard goes everywhere: skip link, menu, and a focus that can be seen', async () => {
    await page.goto(`/app/bots/${bot}/webhooks`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Skip to content');
    expect(await page.evaluate('document.activeElement.getBoundingClientRect().left')).to.be.greaterThan(0);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).to.equal(true);
    const summary = page.locator('.user-menu summary');
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.getByText(admin.email).waitFor();
    for (const name of ['API keys', 'Change password']) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).to.equal(name);
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).to.equal('solid');
    }
    await page.keyboard.press('Escape');
    expect(await page.getByText(admin.email).isVisible()).to.equal(false);
    expect(await focused()).to.equal('SUMMARY');
  });

  it('a secret is made, and a URL copied, at the press of a button', async () => {
    await page.goto(`/app/bots/${bot}/webhooks/new?type=sync.success`);
    await press('Generate a new secret');
    const first = await page.getByLabel('Secret', { exact: true }).inputValue();
    await press('Generate a new secret');
    const second = await page.getByLabel('Secret', { exact: true }).inputValue();
    expect(first)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(second);
    const dataSourceId = await source('text', { entries: [{ title: 'a', text: 'b' }] });
    const { body } = await api.post(`/bots/${bot}/webhooks`, { type: 'sync.trigger', dataSourceId });
    await page.goto(`/app/webhooks/${body.id}`);
    await press('Copy the URL');
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(body.url);
  });

  it('a page that renews itself keeps what was opened, revealed and chosen in it', async () => {
    receiver.answer(500);
    const { body } = await api.post(`/webhooks/${hook}/test`);
    const attempts = async () => (await api.get(`/deliveries/${body.id}`)).body.attempts;
    await eventually('it failed', async () => (await attempts()) === 1);
    receiver.answer(200);
    await api.post(`/deliveries/${body.id}/redeliver`);
    // While there is but one, it is open already.
    await eventually('it was sent again', async () => (await attempts()) === 2);
    await page.goto(`/app/deliveries/${body.id}`);
    await page.getByText('Attempt 2', { exact: true }).waitFor();
    await page.getByText('Attempt 1').click();
    await page.getByText('The receiver answered 500', { exact: true }).waitFor();
    await api.post(`/deliveries/${body.id}/redeliver`);
    await page.getByText('Attempt 3', { exact: true }).waitFor();
    expect(await page.getByText('The receiver answered 500', { exact: true }).isVisible()).to.equal(true);

    await page.goto(`/app/webhooks/${hook}`);
    await press('Show secrets');
    await page.locator('#secret').waitFor();
    const rows = await page.getByRole('row').count();
    await api.post(`/webhooks/${hook}/test`);
    await eventually('a delivery was added', async () => (await page.getByRole('row').count()) === rows + 1);
    expect(await page.locator('#secret').isVisible()).to.equal(true);

    const id = await source('csv', {});
    await page.goto(`/app/data-sources/${id}`);
    await page
      .getByLabel('Add files')
      .setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('a\n1\n') });
    await api.post(`/data-sources/${id}/sync`);
    await heading('Manual failed');
    await press('Upload');
    await heading('Manual synced');
    await page.getByText('a.csv').waitFor();
  });

  it('a click counts that was begun before the page renewed itself', async () => {
    await page.goto(`/app/webhooks/${hook}`);
    await page.waitForLoadState('load');
    const button = await page.getByRole('button', { name: 'Show secrets' }).boundingBox();
    await page.mouse.move(button!.x + 5, button!.y + 5);
    await page.mouse.down();
    await page.evaluate("document.addEventListener('htmx:beforeSwap', () => { window.isNew = true; })");
    await eventually('there is something new', () => {
      running.hookbell.deps.live.publish(`webhook:${hook}`, 'delivery');
      return page.evaluate<boolean | undefined>('window.isNew');
    });
    await page.mouse.up();
    await page.locator('#signing-secret').waitFor();
  });

  it('a link leads where it leads, though the page was to be renewed after it was followed', async () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/webhooks/new*', async (route) => {
      await asked;
      await route.continue();
    });
    await page.goto(`/app/bots/${bot}/webhooks`);
    await page.evaluate("document.addEventListener('htmx:beforeSwap', () => { window.isNew = true; })");
    await page.getByRole('region', { name: 'Conversation released' }).getByRole('button').click();
    await page.evaluate('window.isNew = false');
    await eventually('there is something new', () => {
      running.hookbell.deps.live.publish(`bot:${bot}`, 'health');
      return page.evaluate<boolean | undefined>('window.isNew');
    });
    answer();
    await heading(/^Conversation released/);
    expect(new URL(page.url()).pathname).to.equal(`/app/bots/${bot}/webhooks/new`);
    await page.goBack();
    await heading('Help desk');
  });

  it('a page whose subject is gone, or whose user is signed out, says so', async () => {
    const id = await source('text', { entries: [{ title: 'a', text: 'b' }] });
    await nothingRuns(id);
    await page.goto(`/app/data-sources/${id}`);
    await heading('Manual synced');
    await page.waitForLoadState('networkidle');
    await api.delete(`/data-sources/${id}`);
    running.hookbell.deps.live.publish(`bot:${bot}`, 'sync');
    await heading('Not found');
    errors.length = 0;

    await page.goto(`/app/webhooks/${hook}`);
    await heading(/^Sync succeeded/);
    await page.context().clearCookies();
    await api.post(`/webhooks/${hook}/test`);
    await heading('Sign in');
    errors.length = 0;
    expect(new URL(page.url()).searchParams.get('next')).to.equal(`/app/webhooks/${hook}`);
  });

  it('a page that is gone says so to who goes back to it', async () => {
    const id = await source('text', { entries: [{ title: 'a', text: 'b' }] });
    await nothingRuns(id);
    await page.goto(`/app/data-sources/${id}`);
    await page.getByRole('link', { name: 'Help desk' }).first().click();
    await heading('Help desk');
    await api.delete(`/data-sources/${id}`);
    await page.goBack();
    await heading('Not found');
    errors.length = 0;
  });

  it('a page whose stream is refused says why, though nothing happened', async () => {
    const streamed = page.waitForResponse((response) => response.url().endsWith(`/webhooks/${hook}/live`));
    await page.goto(`/app/webhooks/${hook}`);
    await streamed;
    await page.context().clearCookies();
    running.hookbell.deps.live.close();
    await heading('Sign in');
    errors.length = 0;
  });
});
