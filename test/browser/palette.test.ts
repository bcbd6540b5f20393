import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { caller } from '../support/caller.js';
import { person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the palette', () => {
  let browser: Browser;
  let running: Running;
  let page: Page;
  let errors: string[];
  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell({ background: false });
    const admin = await person(running);
    const api = caller(running.url, admin.key);
    for (const name of ['Help desk', 'Desk two']) await api.post('/bots', { name });
    ({ page, errors } = await openContext(browser, { baseURL: running.url }));
    await signIn(page, admin);
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
  });

  it('is opened, used and closed by the keyboard alone', async () => {
    await page.goto('/app/bots');
    await page.evaluate('window.stays = true');
    const dialog = page.getByRole('dialog', { name: 'Search' });
    const field = dialog.getByRole('combobox', { name: 'Search for' });
    const chosen = dialog.getByRole('option', { selected: true });

    await page.keyboard.press('/');
    await dialog.getByRole('group', { name: 'Pages' }).waitFor();
    await field.fill('desk');
    await dialog.getByRole('option', { name: /^Help desk/ }).waitFor();
    expect(await chosen.innerText()).to.match(/^Desk two/);
    expect(await field.getAttribute('aria-activedescendant')).to.equal(await chosen.getAttribute('id'));
    expect(await dialog.getByRole('status').innerText()).to.equal('2 results');
    await field.press('ArrowDown');
    expect(await chosen.innerText()).to.match(/^Help desk/);
    await field.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Help desk' }).waitFor();
    expect(await page.evaluate('window.stays')).to.equal(true);
    expect(await dialog.count()).to.equal(0);

    // In a field, a slash is a slash; Ctrl with K opens it from there, and Escape goes back.
    const next = page.getByRole('link', { name: 'Settings', exact: true }).last();
    await next.click();
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('');
    await name.press('/');
    expect([await name.inputValue(), await dialog.count()]).to.deep.equal(['/', 0]);
    await name.press('Control+k');
    await field.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await name.evaluate((element) => element === element.ownerDocument.activeElement)).to.equal(true);

    // What is called nothing leads to the page that says what to do.
    await page.getByRole('link', { name: 'Search' }).click();
    await field.fill('xyzzy');
    await dialog.locator('p', { hasText: 'Nothing is called' }).first().waitFor();
    await field.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor();
    expect(await page.evaluate('window.stays')).to.equal(true);
    expect(errors).to.deep.equal([]);
  });
});
