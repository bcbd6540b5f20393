import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openContext } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { spareParts } from './shop.js';

describe('without JavaScript', () => {
  let browser: Browser;
  let running: Running;
  let receiver: Receiver;
  let page: Page;
  let errors: string[];
  before(async function () {
    browser = await openBrowser(this);
    [running, receiver] = [await startHookbell(), await startReceiver()];
    ({ page, errors } = await openContext(browser, { baseURL: running.url, javaScriptEnabled: false }));
    await page.goto(`/setup?token=${running.hookbell.accounts.setupToken()}`);
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail address').fill('ada@example.com');
    await page.getByLabel('Password').fill('a long enough password');
    await press('Create admin');
    await follow('Make your first bot');
    await page.getByLabel('Name').fill('Help desk');
    await press('Create bot');
    await says('“Help desk” is ready.');
  });
  after(async () => {
    await browser?.close();
    await Promise.all([running?.stop(), receiver?.close()]);
  });
  afterEach(() => expect(errors).to.deep.equal([]));

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const follow = (name: string | RegExp) => page.getByRole('link', { name }).first().click();
  const leadsTo = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const says = (text: string) => page.getByText(text).first().waitFor();
  const bot = async () => {
    await page.goto('/app/bots');
    await page.getByRole('main').getByRole('link', { name: 'Help desk' }).click();
  };

  /** Loads the page again until it says so. */
  const saysLater = (text: string | RegExp) =>
    eventually(`the page says ${text}`, async () => {
      await page.reload();
      return (await page.getByText(text).count()) > 0;
    });

  async function addSource(type: string, name: string) {
    await bot();
    await follow('Data sources');
    await follow('Add a data source');
    await follow(new RegExp(`^${type}`));
    await page.getByLabel('Name').fill(name);
  }

  it('texts are typed in, entry by entry, and read', async () => {
    await addSource('Texts', 'Opening hours');
    await page.getByLabel('Title').fill('When are you open?');
    await page.getByLabel('Text', { exact: true }).fill('Monday to Friday.');
    await press('Add an entry');
    await page.getByLabel('Title').nth(1).fill('Do you repair?');
    await page.getByLabel('Text', { exact: true }).nth(1).fill('Yes.');
    await press('Create');
    await leadsTo('Opening hours');
    await saysLater('2 rows added');
  });

  it('files are uploaded, read and removed', async () => {
    await addSource('CSV', 'Spare parts');
    await press('Create');
    await page.getByLabel('Add files').setInputFiles([
      { name: 'spare-parts.csv', mimeType: 'text/csv', buffer: Buffer.from(spareParts) },
      { name: 'more.csv', mimeType: 'text/csv', buffer: Buffer.from('sku,name\nX-1,Rake\n') },
    ]);
    await press('Upload');
    await says('2 files were added.');
    await saysLater('6 rows added');
    await press('Remove more.csv');
    await says('The file was removed');
    await saysLater('1 row removed, 5 as before');
    await addSource('Files', 'Manuals');
    await press('Create');
    const manual = { name: 'pruner.md', mimeType: 'text/markdown', buffer: Buffer.from('# Pruner\n\nCuts.') };
    await page.getByLabel('Add files').setInputFiles(manual);
    await press('Upload');
    await says('The file was added.');
    await saysLater('1 row added');
  });

  it('a trigger starts a sync that a webhook tells of', async () => {
    await bot();
    await follow('Webhooks');
    await page.getByRole('region', { name: 'Sync succeeded' }).getByRole('button', { name: 'Setup' }).click();
    expect(await page.getByRole('button', { name: 'Generate a new secret' }).isVisible()).to.equal(false);
    await page.getByLabel('Target URL').fill(receiver.url);
    await press('Create');
    await says('The webhook is ready.');
    await press('Send test event');
    await leadsTo('Delivery');
    await saysLater('delivered');
    await follow('Sync succeeded');
    await press('Show secrets');
    const secret = await page.locator('#secret').innerText();
    await follow('Webhooks');
    await page.getByRole('region', { name: 'Trigger a sync' }).getByRole('button', { name: 'Setup' }).click();
    await page.getByLabel('Data source').selectOption('Opening hours');
    await press('Create');
    await fetch(await page.locator('#trigger-url').innerText());
    const [, told] = await receiver.wait(2);
    expect(told!.headers['x-secret-key']).to.equal(secret);
    expect(JSON.parse(told!.body)).to.deep.include({ success: true, dataSource: 'Opening hours' });
  });

  it('everything can be edited and deleted', async () => {
    await bot();
    await follow('Webhooks');
    await follow(receiver.url);
    await follow('Edit');
    await page.getByLabel('Secret', { exact: true }).fill('too short');
    await press('Update');
    await says('At least 16 characters');
    await page.getByLabel('Secret', { exact: true }).fill('a-secret-of-my-own');
    await press('Update');
    await says('Updated.');
    await follow('Delete…');
    await press('Delete webhook');
    await says('The webhook was deleted.');
    await follow('Data sources');
    await follow('Manuals');
    await follow('Edit');
    await page.getByLabel('Name').fill('Handbooks');
    await page.getByLabel('Automatic sync').selectOption('by a cron line');
    await page.getByLabel('Cron line').fill('30 6 * * 1-5');
    await press('Save');
    await says('At 06:30, Monday through Friday');
    await follow('Delete…');
    await press('Delete data source');
    await says('“Handbooks” was deleted.');
    await bot();
    await page.getByRole('navigation', { name: 'Bot' }).getByRole('link', { name: 'Settings' }).click();
    await follow('Delete bot…');
    await says('2 data sources with 7 rows');
    await press('Delete bot');
    await says('Make your first bot');
    await page.locator('summary').click();
    await press('Sign out');
    await says('You are signed out.');
  });
});
