import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { userIn } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { failedHook } from './ground.js';

describe('a replay in the browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let running: Running;
  let receiver: Receiver;
  let page: Page;
  let errors: string[];
  before(async function () {
    browser = await openBrowser(this);
    [running, receiver] = [await startHookbell({ env: { DELIVERY_TIMEOUT: '60s' } }), await startReceiver()];
    ({ page, errors } = await openContext(browser, { baseURL: running.url }));
    await signIn(page, await userIn(running.hookbell, 'admin'));
  });
  after(async () => {
    await browser?.close();
    await receiver?.close();
    await running?.stop();
  });

  it('is previewed, begun, watched and cancelled, and the page is never loaded again', async () => {
    // No answer, and so no news of deliveries: what the page shows is the replay's own.
    receiver.answer(() => undefined);
    const { hook } = await failedHook(running, receiver.url, 600);
    await page.goto(`/app/webhooks/${hook.id}`);
    await page.evaluate('window.stillHere = true');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByRole('link', { name: 'last 24 hours' }).click();
    await page.getByRole('heading', { name: '600 deliveries' }).waitFor();
    await page.getByLabel('Speed').selectOption('1 a second');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('it takes about 10 min').waitFor();
    expect(receiver.received).to.have.length(0);
    await page.getByRole('button', { name: 'Replay 600 deliveries' }).click();
    const bar = page.getByRole('progressbar', { name: 'Deliveries put back on the schedule' });
    const value = async () => Number(await bar.getAttribute('value'));
    await eventually('the bar moves', async () => (await value()) > 0);
    const before = await value();
    await eventually('the bar moves on', async () => (await value()) >= before + 3);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(/The other \d+ stayed as they were/).waitFor();
    expect(await bar.count()).to.equal(0);
    expect(await page.evaluate('window.stillHere')).to.equal(true);
    expect(errors).to.deep.equal([]);
  });
});
