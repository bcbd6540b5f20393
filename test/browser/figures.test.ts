import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { settled } from '../figures/settled.js';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { emit, type Hook, makeHook } from '../support/outbox.js';
import { userIn } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const hour = 3_600_000;

describe('charts, in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let running: Running;
  let receiver: Receiver;
  let hook: Hook;
  let page: Page;
  let errors: string[];
  before(async function () {
    browser = await openBrowser(this);
    [running, receiver] = [await startHookbell({ background: false }), await startReceiver()];
    hook = await makeHook(running, receiver.url);
    running.pass(-30 * hour);
    await settled(running, hook, Array(4).fill({ outcome: 'retried', durationMs: 900 }));
    running.pass(30 * hour);
    await running.hookbell.start();
    await eventually('what was due is delivered', () => receiver.received.length === 4);
    ({ page, errors } = await openContext(browser, { baseURL: running.url }));
    await signIn(page, await userIn(running.hookbell, 'admin'));
  });
  after(async () => {
    await browser?.close();
    await Promise.all([running?.stop(), receiver?.close()]);
  });
  afterEach(() => expect(errors).to.deep.equal([]));

  /** What the charts show: by field the sum of all points. */
  const drawn = () =>
    page.evaluate<Record<string, number>>(`Object.fromEntries(Object.values(globalThis.Chart?.instances ?? {})
      .flatMap((chart) => chart.data.datasets)
      .map(({ label, data }) => [label, data.reduce((sum, value) => sum + value, 0)]))`);
  const draws = (wanted: Record<string, number>) =>
    eventually(`the charts show ${JSON.stringify(wanted)}`, async () => {
      const shown = await drawn();
      return Object.entries(wanted).every(([label, sum]) => shown[label] === sum);
    });
  const isPainted = () =>
    page.evaluate<boolean>(`[...document.querySelectorAll('canvas[data-chart]')].every((canvas) =>
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0))`);

  it('are drawn, and show another range without a reload', async () => {
    await page.goto('/app');
    await draws({ Delivered: 4, Retried: 0, Failed: 0 });
    expect(await isPainted()).to.equal(true);
    await page.getByRole('link', { name: '7 days' }).click();
    await page.getByRole('heading', { name: 'The last 7 days' }).waitFor();
    await draws({ Delivered: 4, Retried: 4, Failed: 0 });
    await page.getByText('As a table').first().click();
    const table = page.getByRole('table', { name: /^Deliveries by outcome, each six hours/ });
    expect(await table.getByRole('row').count()).to.equal(29);
  });

  it('renew with each delivery, in the same place, with the range and the table that were chosen', async () => {
    await page.goto(`/app/webhooks/${hook.id}?range=30d`);
    await draws({ Delivered: 4, Retried: 4 });
    await page.getByText('As a table').first().click();
    await page.evaluate(`for (const canvas of document.querySelectorAll('canvas')) canvas.isTheSame = true`);
    await emit(running, hook.botId);
    await page
      .getByRole('group', { name: 'Deliveries by outcome', exact: true })
      .getByText('5', { exact: true })
      .first()
      .waitFor();
    await draws({ Delivered: 5, Retried: 4 });
    expect(
      await page.evaluate(`[...document.querySelectorAll('canvas')].filter((one) => one.isTheSame).length`),
    ).to.equal(3);
    expect(await isPainted()).to.equal(true);
    expect(await page.locator('[data-figures] details[open]').count()).to.equal(1);
    expect(
      await page
        .getByRole('navigation', { name: 'Range of the figures' })
        .locator('[aria-current]')
        .innerText(),
    ).to.equal('30 days');
  });

  it('take the colours of the night, and are forgotten with their page', async () => {
    const colours = () =>
      page.evaluate<string>(`Object.values(Chart.instances)[0].data.datasets[0].backgroundColor`);
    const byDay = await colours();
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually('the colours are others', async () => (await colours()) !== byDay);
    await page.getByRole('link', { name: 'Inbox' }).click();
    await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
    await eventually('no chart is left', () =>
      page.evaluate<boolean>(`Object.keys(Chart.instances).length === 0`),
    );
    await page.goBack();
    await page.getByRole('heading', { name: 'The last 30 days' }).waitFor();
    await draws({ Delivered: 5, Retried: 4 });
  });
});
