import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { openBrowser, openContext } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { freePort, type Program, serve, temporaryFolder } from '../support/processes.js';
import { type Received, type Receiver, startReceiver } from '../support/receiver.js';
import type { Site } from '../support/staticSite.js';
import { startShop } from './shop.js';

describe('a new user, from the setup link to a delivered webhook', () => {
  let browser: Browser;
  let hookbell: Program;
  let link: string;
  let site: Site;
  let receiver: Receiver;
  before(async function () {
    browser = await openBrowser(this);
    [site, receiver] = [await startShop(), await startReceiver()];
    const PORT = await freePort();
    const env = {
      PORT,
      HOST: '127.0.0.1',
      PUBLIC_URL: `http://127.0.0.1:${PORT}`,
      OUTBOUND_ALLOW: '127.0.0.1',
    };
    hookbell = serve({ ...env, DATA_DIR: temporaryFolder(), LOG_LEVEL: 'info' });
    link = await eventually('the setup link is logged', async () => {
      if (hookbell.child.exitCode !== null) throw new Error((await hookbell.finished).stderr);
      return /http:\S+\/setup\?token=[\w-]+/.exec(hookbell.printed())?.[0];
    });
  });
  after(async () => {
    await browser?.close();
    hookbell?.child.kill('SIGKILL');
    await Promise.all([hookbell?.finished, site?.close(), receiver?.close()]);
  });

  const button = (page: Page | Locator, name: string) => page.getByRole('button', { name, exact: true });
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  const tab = (page: Page, name: string) =>
    page.getByRole('navigation', { name: 'Bot' }).getByRole('link', { name }).click();
  const card = (page: Page, name: string) => page.getByRole('region', { name });
  const crumb = (page: Page, name: string) =>
    page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name }).click();

  it('needs no reload, and nothing is wrong in the console', async () => {
    const { page, errors } = await openContext(browser);

    // The first admin.
    await page.goto(link);
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail address').fill('ada@example.com');
    await page.getByLabel('Password').fill('a long enough password');
    await button(page, 'Create admin').click();
    await page.getByText('Welcome, Ada.').waitFor();
    // Lost by the first reload.
    await page.evaluate('window.stays = true');

    // A bot.
    await page.getByRole('link', { name: 'Make your first bot' }).click();
    await page.getByLabel('Name').fill('Help desk');
    await button(page, 'Create bot').click();
    await page.getByText('“Help desk” is ready.').waitFor();

    // A website, whose last page is slow to come.
    const mowers = site.pages['/care/mowers'] as string;
    const held: (() => void)[] = [];
    site.pages['/care/mowers'] = (_req, res) =>
      void held.push(() => res.writeHead(200, { 'Content-Type': 'text/html' }).end(mowers));
    await page.getByRole('link', { name: 'Add a data source' }).click();
    await page.getByRole('link', { name: /^Website/ }).click();
    await page.getByLabel('Name').fill('Help centre');
    await page.getByLabel('URL').fill(`${site.origin}/`);
    await button(page, 'Create').click();
    await page.getByRole('progressbar', { name: 'Rows read' }).waitFor();
    await page.getByText(/^[1-6] of 7 rows$/).waitFor();
    await eventually('the last page is asked for', () => held.length > 0);
    for (const release of held) release();
    await heading(page, 'Help centre synced').waitFor();
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    await page.getByText('7 rows added').waitFor();
    await page.getByRole('link', { name: 'Looking after mowers' }).waitFor();

    // A text, which is read faster than a page connects to its stream.
    await crumb(page, 'Data sources');
    await page.getByRole('link', { name: 'Add a data source' }).click();
    await page.getByRole('link', { name: /^Texts/ }).click();
    await page.getByLabel('Name').fill('Opening hours');
    await page.getByLabel('Title').fill('When are you open?');
    await page.getByLabel('Text', { exact: true }).fill('Monday to Friday, 9 to 17 o’clock.');
    await button(page, 'Create').click();
    await heading(page, 'Opening hours synced').waitFor();
    await crumb(page, 'Help desk');
    await page.getByLabel('Your question').fill('open on friday');
    await button(page, 'Ask').click();
    await page.getByRole('heading', { name: 'When are you open?' }).waitFor();

    // A receiver of what happens.
    await tab(page, 'Webhooks');
    await button(card(page, 'Sync succeeded'), 'Setup').click();
    await page.getByLabel('Data source').selectOption('Opening hours');
    await page.getByLabel('Target URL').fill(`${receiver.url}/hook`);
    await button(page, 'Generate a new secret').click();
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
    expect(secret).to.match(/^[0-9a-f]{32}$/);
    await button(page, 'Create').click();
    await page.getByText('The webhook is ready.').waitFor();
    const hook = page.url();

    // A trigger, and the curl call that its page shows.
    await crumb(page, 'Webhooks');
    await button(card(page, 'Trigger a sync'), 'Setup').click();
    await page.getByLabel('Data source').selectOption('Opening hours');
    await button(page, 'Create').click();
    await page.getByText('Anyone who has this URL can trigger a sync.').waitFor();
    const curl = await page.locator('#snippet-curl').innerText();

    // Seen from the page of the webhook: the delivery arrives there by itself.
    await crumb(page, 'Webhooks');
    await page.getByRole('link', { name: `${receiver.url}/hook` }).click();
    await page.getByText('Nothing was sent yet.').waitFor();
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    expect(stdout).to.equal('{"success":true}');
    const [first] = (await receiver.wait(1)) as [Received];
    await page.getByRole('cell', { name: 'delivered' }).waitFor();
    expect(JSON.parse(first.body)).to.deep.include({
      success: true,
      bot: 'Help desk',
      dataSource: 'Opening hours',
    });
    expect(first.headers['x-secret-key']).to.equal(secret);

    // The receiver can tell who sent it.
    await button(page, 'Show secrets').click();
    expect(await page.locator('#secret').innerText()).to.equal(secret);
    const signing = await page.locator('#signing-secret').innerText();
    expect(new Webhook(signing).verify(first.body, first.headers)).to.deep.equal(JSON.parse(first.body));

    // What was asked and answered; secrets are masked.
    await page.getByRole('link', { name: /^Details/ }).click();
    const request = page.getByRole('heading', { name: 'Request', exact: true }).locator('..');
    expect(await request.innerText())
      .to.include(`POST ${receiver.url}/hook`)
      .and.include(first.body);
    expect(await request.innerText())
      .to.include('X-Hookbell-Attempt: 1')
      .and.not.include(secret);
    expect(await page.getByRole('heading', { name: 'Response' }).locator('..').innerText()).to.include('200');

    // An example, to try a receiver out.
    await crumb(page, 'Sync succeeded');
    await button(page, 'Send test event').click();
    await page.getByText('Product manual').first().waitFor();
    await page.getByRole('main').getByText('delivered', { exact: true }).waitFor();
    const [, example] = (await receiver.wait(2)) as [Received, Received];
    expect(JSON.parse(example.body)).to.deep.include({ dataSource: 'Product manual' });

    // A receiver that fails is asked again.
    receiver.answer(500);
    await crumb(page, 'Sync succeeded');
    await button(page, 'Send test event').click();
    await page.locator('#delivery').getByText('pending', { exact: true }).waitFor();
    await page.getByText('The receiver answered 500', { exact: true }).waitFor();
    await page.getByText('Next attempt').waitFor();
    await page.getByText(/^[1-5]s$/).waitFor();
    await crumb(page, 'Sync succeeded');
    await heading(page, /failing/).waitFor();
    await page.getByText(/^Failing since/).waitFor();
    await page.getByRole('row').filter({ hasText: 'pending' }).getByRole('link').click();
    receiver.answer(200);
    await button(page, 'Redeliver').click();
    await page.getByText('Being sent again, with the same id.').waitFor();
    await page.getByRole('main').getByText('delivered', { exact: true }).waitFor();
    const tries = receiver.received.slice(2).map(({ headers }) => headers['webhook-id']);
    expect(new Set(tries).size).to.equal(1);

    // A new secret counts at once.
    await crumb(page, 'Sync succeeded');
    await heading(page, /healthy/).waitFor();
    await page.getByRole('link', { name: 'Edit' }).click();
    await button(page, 'Generate a new secret').click();
    const next = await page.getByLabel('Secret', { exact: true }).inputValue();
    await button(page, 'Update').click();
    await page.getByText('Updated.').waitFor();
    const before = receiver.received.length;
    await button(page, 'Send test event').click();
    const last = (await receiver.wait(before + 1)).at(-1)!;
    expect([last.headers['x-secret-key'], next === secret]).to.deep.equal([next, false]);

    // Deleting asks first.
    await crumb(page, 'Sync succeeded');
    await page.getByRole('link', { name: 'Delete…' }).click();
    await button(page, 'Delete webhook').click();
    await page.getByText('The webhook was deleted.').waitFor();
    expect(await page.getByRole('link', { name: receiver.url }).count()).to.equal(0);
    expect(await page.evaluate('window.stays')).to.equal(true);
    await page.goto(hook);
    await heading(page, 'Not found').waitFor();

    // The page that is gone is told of in the console, as it should be.
    expect(errors.filter((error) => !error.startsWith(`${hook}: Failed to load resource`))).to.deep.equal([]);
  });
});
