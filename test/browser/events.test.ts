import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { emit, type Hook, makeHook } from '../support/outbox.js';
import { person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('what became of an event, in a browser', function () {
  this.timeout(60_000);
  let running: Running;
  let receiver: Receiver;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  let hook: Hook;

  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell();
    receiver = await startReceiver();
    hook = await makeHook(running, receiver.url);
    ({ page, errors } = await openContext(browser, { baseURL: running.url }));
    await signIn(page, await person(running));
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
    await receiver?.close();
  });

  it('is seen without a reload, and what was opened stays open', async () => {
    receiver.answer(500);
    await page.goto(`/app/bots/${hook.botId}/events`);
    await emit(running, hook.botId, 1);
    const first = page.locator('.event').first();
    await first.getByText('Next attempt in').waitFor();
    await first.getByText('Payload').click();
    receiver.answer(200);
    running.pass(6_000);
    await first.getByText('delivered').waitFor();
    await emit(running, hook.botId, 2);
    await page.locator('.event').nth(1).waitFor();
    expect(await page.locator('.event details[open]').count()).to.equal(1);
    expect(await page.locator('.event').nth(1).locator('details[open]').count()).to.equal(1);
  });

  it('is explained, also of an earlier attempt, and secrets that were shown stay while the page renews itself', async () => {
    await page.locator('.event').nth(1).getByRole('link', { name: receiver.url }).click();
    await page.getByRole('heading', { name: 'Attempt 2, step by step' }).waitFor();
    await page.getByRole('row', { name: /^1 / }).getByRole('link', { name: '1', exact: true }).click();
    await page.getByRole('heading', { name: 'Attempt 1, step by step' }).waitFor();
    await page.getByRole('button', { name: 'Show secrets' }).click();
    await page.getByText('With the secrets of now').waitFor();
    expect(await page.locator('#curl').textContent()).to.include(`HOOKBELL_SECRET='${hook.secret}'`);
    expect(await page.locator('#signed-text').textContent()).to.include('"totalTokens":1');
    const renewed = page.waitForResponse((response) => response.url().endsWith('?attempt=1'));
    running.hookbell.deps.live.publish(`webhook:${hook.id}`, 'delivery');
    await (await renewed).finished();
    await eventually('the page is renewed', () =>
      page
        .locator('#delivery.htmx-settling')
        .count()
        .then((count) => count === 0),
    );
    expect(await page.locator('#curl').textContent()).to.include(hook.secret);
    expect(errors).to.deep.equal([]);
  });
});
