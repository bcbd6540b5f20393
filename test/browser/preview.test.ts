import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { inScheme, openBrowser, openContext, signIn } from '../support/browser.js';
import { caller } from '../support/caller.js';
import { person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { type Site, staticSite } from '../support/staticSite.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe('a preview in a browser', () => {
  let browser: Browser;
  let running: Running;
  let site: Site;
  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell({ background: false });
    const links = ['/docs/a', '/docs/b', '/files/x.pdf'].map((path) => `<a href="${path}">x</a>`);
    site = await staticSite({
      '/': `<main>${links}`,
      '/docs/a': `<title>${'W'.repeat(100)}</title>A`,
      '/docs/b': 'B',
    });
  });
  after(async () => {
    await browser?.close();
    await Promise.all([running?.stop(), site?.close()]);
  });

  it('comes below what was typed, follows the patterns as they are typed, and can be read by all', async () => {
    const admin = await person(running);
    const bot = (await caller(running.url, admin.key).post('/bots', { name: 'Help desk' })).body.id;
    const { context, page, errors } = await openContext(browser, { baseURL: running.url });
    await context.addInitScript({ path: axe });
    await signIn(page, admin);
    await page.goto(`/app/bots/${bot}/data-sources/new?type=website`);
    await page.getByLabel('URL').fill(`${site.origin}/`);
    await page.getByLabel('Only paths like').fill('/docs/*');

    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('2 addresses would be read').waitFor();
    const asked = site.requests.length;
    await page.getByLabel('But not paths like').fill('/docs/b');
    await page.getByText('1 address would be read').waitFor();

    expect(await page.getByLabel('URL').inputValue()).to.equal(`${site.origin}/`);
    expect(await page.evaluate('document.activeElement.name')).to.equal('exclude');
    expect(site.requests.length).to.equal(asked);
    await page.getByText('would be left out').click();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const scheme of ['light', 'dark'] as const) {
      await inScheme(page, scheme);
      const found = await page.evaluate(
        'axe.run("main").then(({ violations }) => violations.map(({ id }) => id))',
      );
      expect(found, scheme).to.deep.equal([]);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).to.equal(false);
    expect(errors).to.deep.equal([]);
    await context.close();
  });
});
