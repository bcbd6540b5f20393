import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { BrowserServer } from 'playwright-core';
import { serveBrowser } from './browser.js';
import { type Postgres, startPostgres } from './postgres.js';
import { freePort } from './processes.js';

// The larger young generation that package.json sets, for a tenth of the time of the tests goes into collecting it,
// is not for the threads that they start, some of which are to need more memory than they have.
setFlagsFromString('--max-semi-space-size=0');

// Read by mocha, which starts its worker processes after the first and ends them before the second.
let postgres: Postgres | undefined;
let browser: BrowserServer | null = null;
let folder: string | null = null;

/** One PostgreSQL and one Chromium for every test of a run that needs them, and memory for temporary files. */
export async function mochaGlobalSetup(): Promise<void> {
  try {
    folder = inMemory();
    if (folder) process.env.TMPDIR = folder;
    browser = await serveBrowser();
    if (browser) process.env.SHARED_BROWSER = browser.wsEndpoint();
    if (process.env.TEST_POSTGRES) return;
    postgres = await startPostgres(Number(await freePort()));
    process.env.SHARED_POSTGRES = postgres.url;
  } catch (error) {
    // What was started would keep mocha from ending.
    await mochaGlobalTeardown();
    throw error;
  }
}

export async function mochaGlobalTeardown(): Promise<void> {
  await Promise.all([browser?.close(), postgres?.stop()]);
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** A folder in memory, if there is room: a tenth of the whole run is otherwise spent waiting for the disk. */
function inMemory(): string | null {
  const place = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(place);
    if (bavail * bsize < 4 * 1024 ** 3) return null;
  } catch {
    return null;
  }
  const made = mkdtempSync(join(place, 'hookbell-'));
  // As /tmp is: PostgreSQL's user has its files there too.
  chmodSync(made, 0o1777);
  return made;
}
