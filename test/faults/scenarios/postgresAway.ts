import { setTimeout as pause } from 'node:timers/promises';
import knex from 'knex';
import { eventually } from '../../support/eventually.js';
import { newDatabase, startPostgres } from '../../support/postgres.js';
import { freePort } from '../../support/processes.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { requireBusy } from '../refusals.js';
import type { Scenario } from '../scenario.js';

/** PostgreSQL is restarted, crashes, cuts its connections and is frozen under load: work goes on by itself. */
export const postgresAway: Scenario = {
  name: 'PostgreSQL restarted, crashed, cut off, frozen',
  engines: ['postgres'],
  async run(context) {
    const server = await startPostgres(Number(await freePort()), { durable: true });
    context.later(server.stop);
    const house = await openHouse(context, { env: { DATABASE_URL: await newDatabase(server.url) } });
    const load = startLoad(house, { perSecond: 60 });
    const faults: Record<string, () => Promise<unknown>> = {
      'restarted in good order': () => server.restart('SIGINT'),
      'crashed and started again': () => server.restart('SIGQUIT'),
      'connections cut': () => cutConnections(server.url),
      'away for a while': () => server.restart('SIGINT', context.pick(500, 8_000, 30_000)),
      frozen: () => server.freeze(context.pick(500, 8_000, 30_000)),
    };
    for (const [name, fault] of Object.entries(faults)) {
      await pause(1_000);
      await fault();
      const began = Date.now();
      const { size } = load.acknowledged;
      await eventually(`${name}: callers are served again`, () => load.acknowledged.size > size + 10);
      await eventually(`${name}: deliveries go on`, async () => {
        const { arrivals } = await house.ledger.account();
        return arrivals.at(-1)! > began;
      });
      context.note(`${name}: at work again after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    }
    await load.stop();
    requireBusy(context, house, load);
    return addUp(house, load.acknowledged);
  },
};

async function cutConnections(url: string): Promise<void> {
  const connection = knex({ client: 'pg', connection: `${url}/postgres`, pool: { min: 0, max: 1 } });
  try {
    await connection.raw(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> 'postgres' AND pid <> pg_backend_pid()",
    );
  } finally {
    await connection.destroy();
  }
}
