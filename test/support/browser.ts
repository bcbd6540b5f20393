import { existsSync } from 'node:fs';
import type { Context } from 'mocha';
import { type Browser, type BrowserContext, type BrowserServer, chromium, type Page } from 'playwright-core';
import { type Person, password } from './people.js';

// The first of Debian's two is the second without what only a screen needs: the same pages in two thirds of the time.
const executablePath = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Nobody looks at what is drawn: no process of its own for it.
  '--in-process-gpu',
  '--disable-software-rasterizer',
  '--num-raster-threads=1',
];

/** One Chromium for every test of a run, `null` where there is none; `openBrowser` finds it by its address. */
export const serveBrowser = (): Promise<BrowserServer> | null =>
  executablePath ? chromium.launchServer({ executablePath, args: quiet, host: '127.0.0.1' }) : null;

/**
 * The system's Chromium: the one of the run, or else one of its own; closing it closes what was opened here. Without
 * one the tests are skipped with a message; in CI that is a failure.
 */
export async function openBrowser(test: Context): Promise<Browser> {
  const shared = process.env.SHARED_BROWSER;
  if (shared) return chromium.connect(shared);
  if (executablePath) return chromium.launch({ executablePath, args: quiet });
  if (process.env.CI)
    throw new Error('There is no Chromium, and CI skips nothing: apt-get install chromium-headless-shell');
  console.warn('      skipped: there is no Chromium here (apt-get install chromium-headless-shell)');
  test.skip();
}

/** A context whose pages note every error that reaches the console. */
export async function openContext(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    // Colours on their way are no colours to be judged.
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const errors: string[] = [];
  context.on('page', (page) => {
    page.on('console', (message) => {
      // A form that was refused is no error of the page, although Chromium says so.
      if (message.type() !== 'error' || message.text().includes('status of 422')) return;
      errors.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
  });
  return { context, page: await context.newPage(), errors };
}

/** Light or dark, as the page shows it: its script follows the system a moment later. */
export async function inScheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-bs-theme="${colorScheme}"]`).waitFor({ state: 'attached' });
}

/** Signs somebody of `people.ts` in; the page is the dashboard then. */
export async function signIn(page: Page, { email }: Pick<Person, 'email'>, secret = password): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}
