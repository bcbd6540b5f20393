import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the sample bot, from the first click to the event', () => {
  let browser: Browser;
  let running: Running;
  let page: Page;
  let errors: string[];
  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell({ env: { OUTBOUND_ALLOW: '' } });
    ({ page, errors } = await openContext(browser, { baseURL: running.url }));
    await signIn(page, await person(running));
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
  });

  it('shows what a call from a terminal leads to, by itself, and answers', async () => {
    await page.goto('/app');
    await page.evaluate('window.stays = true');
    await page.getByRole('button', { name: 'Try it with a sample bot' }).click();
    const requests = page.locator('#requests article');
    await requests.first().getByText('signature verified').waitFor();
    const curl = await page.locator('#sample-curl').innerText();
    expect(curl).to.match(/^curl -fsS -X POST '.*'$/);
    await fetch(/'(.*)'/.exec(curl)![1]!, { method: 'POST' });
    await requests.nth(1).getByText('answered 200').waitFor();

    await page.getByRole('button', { name: 'What does delivery cost?' }).click();
    await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor();
    await page.getByText('4.90', { exact: false }).first().waitFor();
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByText('0 of 4 done').waitFor();
    expect(await page.evaluate('window.stays')).to.equal(true);
    expect(errors).to.deep.equal([]);
  });
});
