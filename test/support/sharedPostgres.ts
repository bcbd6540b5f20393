import { type Postgres, startPostgres } from './postgres.js';
import { freePort } from './processes.js';

// Read by mocha, which starts its worker processes after the first and ends them before the second.
let shared: Postgres | undefined;

/** One PostgreSQL for every test of a run that needs one; `postgresOfTests` finds it. */
export async function mochaGlobalSetup(): Promise<void> {
  if (process.env.TEST_POSTGRES) return;
  shared = await startPostgres(Number(await freePort()));
  process.env.SHARED_POSTGRES = shared.url;
}

export const mochaGlobalTeardown = () => shared?.stop();
