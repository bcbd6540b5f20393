import type { BrowserServer } from 'playwright-core';
import { serveBrowser } from './browser.js';
import { type Postgres, startPostgres } from './postgres.js';
import { freePort } from './processes.js';

// Read by mocha, which starts its worker processes after the first and ends them before the second.
let postgres: Postgres | undefined;
let browser: BrowserServer | null = null;

/** One PostgreSQL and one Chromium for every test of a run that needs them. */
export async function mochaGlobalSetup(): Promise<void> {
  browser = await serveBrowser();
  if (browser) process.env.SHARED_BROWSER = browser.wsEndpoint();
  if (process.env.TEST_POSTGRES) return;
  postgres = await startPostgres(Number(await freePort()));
  process.env.SHARED_POSTGRES = postgres.url;
}

export async function mochaGlobalTeardown(): Promise<void> {
  await Promise.all([browser?.close(), postgres?.stop()]);
}
