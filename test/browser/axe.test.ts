import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { inScheme, openBrowser, openContext, signIn } from '../support/browser.js';
import { type Running, startHookbell } from '../support/server.js';
import { whileSomebodyWrites } from '../support/writing.js';
import { furnish, type House } from './furnished.js';
import { everyPage } from './pages.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

type Finding = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] };

/** As long as names may be, without a place to break, and dangerous wherever it is not escaped. */
const wild = (name: string) => `${name}'"><script>alert(1)</script>${'W'.repeat(100)}`.slice(0, 100);

describe('every page', () => {
  let running: Running;
  let empty: Running;
  let house: House;
  let browser: Browser;
  const seen = {
    findings: [] as string[],
    wide: [] as string[],
    errors: [] as string[],
    relative: [] as string[],
    pages: 0,
  };
  before('is looked at', async function () {
    // Some ninety pages, each in two schemes and three widths.
    this.timeout(240_000);
    browser = await openBrowser(this);
    [running, empty] = [await startHookbell(), await startHookbell({ background: false })];
    house = await furnish(running, wild);
    await house.admin.post('/app/sample', { _csrf: await house.admin.token() });
    const { context, page, errors } = await openContext(browser, {
      baseURL: running.url,
      reducedMotion: 'reduce',
    });
    await context.addInitScript({ path: axe });
    const strangers = [
      `${running.url}/login`,
      `${empty.url}/setup`,
      `${empty.url}/setup?token=${empty.hookbell.accounts.setupToken()}`,
    ];
    for (const path of strangers) await look(page, path);
    await signIn(page, house.admin);
    await lookAtRefusals(page);
    const left = everyPage(running, house);
    await Promise.all([lookAtAll(page, left), lookAtAll(await context.newPage(), left)]);
    seen.errors = errors.filter((error) => !/setup: .*404|no-such-page: .*404/.test(error));
  });
  after(async () => {
    await browser?.close();
    await house?.close();
    await Promise.all([running?.stop(), empty?.stop()]);
  });

  async function lookAtAll(page: Page, left: string[]): Promise<void> {
    for (let path = left.shift(); path; path = left.shift()) await look(page, path);
  }

  /** What is answered to a form, not to an address. */
  async function lookAtRefusals(page: Page): Promise<void> {
    await page.goto(`/app/bots/${house.bot}/webhooks/new?type=sync.success`);
    await page.getByLabel('Target URL').fill('http://10.0.0.1/');
    await page.getByLabel('Secret', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('At least 16 characters').waitFor();
    await look(page, null);
    for (const [question, found] of [
      ['How do I return an item?', 'Answer'],
      ['xyzzy', 'No passage was found'],
    ] as const) {
      await page.goto(`/app/bots/${house.bot}`);
      await page.getByLabel('Your question').fill(question);
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.getByRole('heading', { name: found, exact: true }).waitFor();
      await look(page, null);
    }
    await page.goto(`/app/webhooks/${house.webhooks.healthy}`);
    await page.getByRole('button', { name: 'Show secrets' }).click();
    await page.locator('#signing-secret').waitFor();
    await look(page, null);
  }

  async function look(page: Page, path: string | null): Promise<void> {
    if (path) await page.goto(path);
    const name = path ?? `${page.url()} after a form`;
    seen.pages += 1;
    // The page comes in the scheme of the last one: to begin with the other would draw it once more.
    const isDark = await page.evaluate<boolean>('matchMedia("(prefers-color-scheme: dark)").matches');
    const [first, second] = isDark ? (['dark', 'light'] as const) : (['light', 'dark'] as const);
    for (const link of await page.evaluate<string[]>(relativeLinks)) seen.relative.push(`${name}: ${link}`);
    for (const finding of await findings(page)) seen.findings.push(`${name}, ${first}: ${finding}`);
    await inScheme(page, second);
    const colours = await findings(page, ['color-contrast', 'link-in-text-block']);
    for (const finding of colours) seen.findings.push(`${name}, ${second}: ${finding}`);
    for (const width of [390, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (over > 0) seen.wide.push(`${name} at ${width}: ${over} too wide because of ${await widest(page)}`);
    }
  }

  async function findings(page: Page, rules?: string[]): Promise<string[]> {
    const options = {
      resultTypes: ['violations'],
      preload: false,
      selectors: false,
      ...(rules && { runOnly: rules }),
    };
    const { violations } = await page.evaluate<{ violations: Finding[] }>(
      `axe.run(document, ${JSON.stringify(options)})`,
    );
    return violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
      );
  }

  const relativeLinks = `[...document.querySelectorAll('a[href], form[action]')]
    .map((element) => element.getAttribute('href') ?? element.getAttribute('action'))
    .filter((address) => !/^([/#]|[a-z]+:)/.test(address))`;

  const widest = (page: Page) =>
    page.evaluate<string>(`[...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .at(-1)?.outerHTML.slice(0, 300)`);

  it('has no serious finding of axe, in light and in dark', () => {
    expect(seen.findings.join('\n\n')).to.equal('');
    expect(seen.pages).to.be.greaterThan(50);
  });

  it('is as wide as the screen, of a phone, a tablet or a desk', () => {
    expect(seen.wide.join('\n\n')).to.equal('');
  });

  // While one page takes the place of another, the address is still that of the other.
  it('has no link that depends on its address', () => {
    expect(seen.relative).to.deep.equal([]);
  });

  it('is shown without waiting for whoever writes', async () => {
    const left = everyPage(running, house);
    const one = async () => {
      for (let path = left.shift(); path; path = left.shift()) {
        expect((await house.admin.get(path)).status, path).to.be.oneOf(
          path.includes('no-such') ? [404] : [200, 303],
        );
      }
    };
    await whileSomebodyWrites(running.hookbell.deps.db, () => Promise.all([one(), one()]));
  });

  it('has no error in the console, whatever things are called', () => {
    expect(seen.errors).to.deep.equal([]);
  });
});
