import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { openBrowser, openContext, signIn } from '../support/browser.js';
import { caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { keyHolder } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the chart of what syncs took, in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let running: Running;
  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell();
  });
  after(async () => {
    await browser?.close();
    await running?.stop();
  });

  it('appears with the second sync, and has a bar for each', async () => {
    const admin = await keyHolder(running);
    const api = caller(running.url, admin.key);
    const bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const { id } = (
      await api.post(`/bots/${bot}/data-sources`, {
        name: 'Texts',
        type: 'text',
        config: { entries: [{ title: 'A', text: 'a text' }] },
      })
    ).body;
    await eventually(
      'it is synced',
      async () => (await api.get(`/data-sources/${id}`)).body.status === 'synced',
    );
    const { page, errors } = await openContext(browser, { baseURL: running.url });
    await signIn(page, admin);
    await page.goto(`/app/data-sources/${id}`);

    const bars = () =>
      page.evaluate<number[]>(`Object.values(globalThis.Chart?.instances ?? {})
        .map((chart) => chart.data.datasets[0].data.filter((took) => took >= 0).length)`);
    for (const count of [2, 3]) {
      await page.getByRole('button', { name: 'Sync now' }).click();
      await eventually(`there are ${count} bars`, async () => (await bars()).join() === String(count));
    }
    expect(errors).to.deep.equal([]);
  });
});
