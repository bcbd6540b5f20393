import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { emit, makeHook } from '../support/outbox.js';
import { userIn } from '../support/people.js';
import { startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const day = 24 * 3_600_000;

describe('a webhook pointed at a dead port, in the browser', () => {
  let running: Running;
  let browser: Browser;

  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell();
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
  });

  it('is watched failing, paused, revived and drained; no page is loaded again, and no event is lost', async () => {
    const dead = await startReceiver();
    await dead.close();
    const hook = await makeHook(running, dead.url);
    const { context, page, errors } = await openContext(browser, { baseURL: running.url });
    await signIn(page, await userIn(running.hookbell, 'admin'));
    const list = await context.newPage();
    await list.goto(`/app/bots/${hook.botId}/webhooks`);
    const webhook = await context.newPage();
    await webhook.goto(`/app/webhooks/${hook.id}`);
    const pages = [page, list, webhook];
    for (const one of pages) await one.evaluate(() => Object.assign(globalThis, { isThatPage: true }));

    await emit(running, hook.botId, 1);
    await webhook.getByText('Failing since').waitFor();
    for (const one of [page, list]) await one.getByText('Nothing listens there').waitFor();

    running.pass(5 * day);
    await webhook.getByText('Nothing but failures for 5 days').waitFor();
    for (const one of [page, list]) await one.getByText('Events wait; one of them is tried').waitFor();
    for (let count = 2; count <= 20; count++) await emit(running, hook.botId, count);

    const alive = await startReceiver(Number(new URL(dead.url).port));
    await webhook.getByRole('button', { name: 'Try now' }).click();
    await alive.wait(20);
    for (const one of pages) await one.getByText('Nothing but failures').waitFor({ state: 'detached' });
    await webhook.locator('dt:text-is("Waiting") + dd', { hasText: /^0$/ }).first().waitFor();

    const got = alive.received.map(({ body }) => JSON.parse(body).results.totalTokens as number);
    expect(got.toSorted((one, other) => one - other)).to.deep.equal(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    for (const one of [page, list])
      expect(await one.evaluate(() => 'isThatPage' in globalThis)).to.equal(true);
    expect(errors).to.deep.equal([]);
    await context.close();
    await alive.close();
  });
});
