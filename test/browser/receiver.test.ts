import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { caller } from '../support/caller.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

describe('a test receiver, in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let running: Running;
  let admin: Person;
  let bot: string;
  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell({ env: { OUTBOUND_ALLOW: '', RETRY_SCHEDULE: '1h,1h' } });
    admin = await person(running);
    bot = (await caller(running.url, admin.key).post('/bots', { name: 'Help desk' })).body.id;
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
  });

  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const requests = (page: Page) => page.getByRole('article', { name: /^Request/ });

  it('shows a webhook arrive, fail, and arrive again, with no page loaded again', async () => {
    const { page, context, errors } = await openContext(browser, { baseURL: running.url });
    await signIn(page, admin);
    await page.evaluate('window.stays = true');

    // One click makes it, and what was typed stays.
    await page.goto(`/app/bots/${bot}/webhooks/new?type=sync.success`);
    await page.evaluate('window.stays = true');
    await press(page, 'Generate a new secret');
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
    await press(page, 'Use a test receiver');
    const [receiver] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'watch what arrives' }).click(),
    ]);
    const target = await page.getByLabel('Target URL').inputValue();
    expect(target).to.match(new RegExp(`^${running.url}/inbox/[\\w-]{43}$`));
    expect(await page.getByLabel('Secret', { exact: true }).inputValue()).to.equal(secret);
    await receiver.getByRole('heading', { name: 'Nothing yet' }).waitFor();
    await receiver.evaluate('window.stays = true');
    expect(await receiver.locator('#receiver-url').innerText()).to.equal(target);
    await press(page, 'Create');
    await page.getByText('The webhook is ready.').waitFor();
    const hook = page.url();

    // It arrives.
    await press(page, 'Send test event');
    await requests(receiver).getByText('signature verified').waitFor();
    const first = requests(receiver).first();
    await first.getByText('X-Secret-Key matches').waitFor();
    await first.getByText('answered 200').waitFor();
    await first.getByText('"dataSource": "Product manual"').waitFor();
    await first.getByText('X-Hookbell-Event: sync.success').waitFor();
    await page.getByRole('main').getByText('delivered', { exact: true }).first().waitFor();

    // Told to fail, it is seen to fail, and to be tried again.
    await receiver.getByRole('radio', { name: '500' }).check();
    await press(receiver, 'Answer like this');
    await receiver.getByRole('heading', { name: 'Answers 500' }).waitFor();
    await page.goto(hook);
    await press(page, 'Send test event');
    await page.getByText('The receiver answered 500', { exact: true }).first().waitFor();
    const failed = requests(receiver).filter({ hasText: 'answered 500' });
    await failed.getByText('Attempt 1', { exact: true }).waitFor();
    await failed.getByText('Next attempt').waitFor();
    const id = await failed.getByRole('link', { name: /^msg_/ }).innerText();

    // Told to answer, it gets the same message again.
    await receiver.getByRole('radio', { name: /^200/ }).check();
    await press(receiver, 'Answer like this');
    await receiver.getByRole('heading', { name: 'Answers 200' }).waitFor();
    await press(page, 'Redeliver');
    const again = requests(receiver).filter({ hasText: 'Attempt 2' });
    await again.getByText('answered 200').waitFor();
    expect(await again.getByRole('link', { name: /^msg_/ }).innerText()).to.equal(id);
    expect(await requests(receiver).count()).to.equal(3);
    await failed.getByText('Next attempt').waitFor({ state: 'detached' });
    expect(await receiver.evaluate('window.stays')).to.equal(true);

    // What is kept waiting is shown as such until its sender gives up.
    await receiver.getByRole('radio', { name: 'Not at all' }).check();
    await press(receiver, 'Answer like this');
    await receiver.getByRole('heading', { name: 'Answers not at all' }).waitFor();
    const leave = new AbortController();
    const asked = fetch(target, { method: 'POST', body: 'hello', signal: leave.signal }).catch(() => 'left');
    await requests(receiver).first().getByText('waiting for the answer').waitFor();
    leave.abort();
    await asked;
    await receiver.getByText(/not answered: the sender gave up/).waitFor();

    // Only the wait of the chosen answer is asked for.
    expect(await receiver.getByLabel('Answer after, in seconds').isVisible()).to.equal(false);
    await receiver.getByRole('radio', { name: 'Slowly' }).check();
    await receiver.getByLabel('Answer after, in seconds').waitFor();
    expect(await receiver.getByLabel('Retry-After, in seconds').isVisible()).to.equal(false);

    await press(receiver, 'Clear');
    await receiver.getByRole('heading', { name: 'Nothing yet' }).waitFor();
    await receiver.getByRole('link', { name: 'Delete…' }).click();
    await press(receiver, 'Delete test receiver');
    await receiver.getByText('The test receiver was deleted.').waitFor();
    expect(await receiver.evaluate('window.stays')).to.equal(true);
    expect(errors).to.deep.equal([]);
  });

  it('keeps open what somebody opened, when the next request arrives', async () => {
    const { page, context } = await openContext(browser, { baseURL: running.url });
    await signIn(page, admin);
    await page.goto('/app/receivers');
    await press(page, 'New test receiver');
    const target = await page.locator('#receiver-url').innerText();
    await fetch(target, { method: 'POST', body: 'first' });
    await requests(page).getByText('first', { exact: true }).waitFor();
    await fetch(target, { method: 'POST', body: 'second' });
    await requests(page).getByText('second', { exact: true }).waitFor();
    await requests(page).getByText('first', { exact: true }).waitFor();
    await context.close();
  });
});
