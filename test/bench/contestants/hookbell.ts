import { readConfig } from '../../../src/config.js';
import { createHookbell } from '../../../src/hookbell.js';
import { createLog } from '../../../src/log.js';
import { isPostgres } from '../../../src/records.js';
import { syncSucceeded } from '../../../src/webhooks/events.js';
import { type Hook, makeHook } from '../../support/outbox.js';
import type { Contestant, Task } from './contestant.js';

const aTransaction = 250;

/** The product itself without its pages, on SQLite (a folder) or PostgreSQL (a URL), each attempt recorded. */
export async function hookbell({ url, webhooks, atOnce, store }: Task) {
  const config = readConfig({
    ...(store.startsWith('postgres:') ? { DATABASE_URL: store } : { DATA_DIR: store }),
    SECRET_KEY: 'a secret key for the bench',
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'error',
    ENDPOINT_CONCURRENCY: String(atOnce),
  });
  const product = await createHookbell(config, createLog(config), Date.now);
  const { db } = product.deps;
  const hooks: Hook[] = [];
  for (let lane = 0; lane < webhooks; lane++)
    hooks.push(await makeHook({ hookbell: product }, `${url}/${lane}`));

  const eventOf = (number: number) =>
    syncSucceeded(
      { id: 'a-source', name: 'Manual', bot: { id: hooks[number % webhooks]!.botId, name: 'Help desk' } },
      {
        totalTokens: number,
        modifiedRows: 1,
        totalDocuments: 1,
        unmodifiedRows: 0,
        totalDataSourceRows: 1,
      },
    );

  return {
    /** One event in a transaction of its own. */
    append: (number: number) =>
      db.transaction((tx) => product.outbox.append(tx, eventOf(number), Date.now())),

    async fill(count: number) {
      for (let from = 0; from < count; from += aTransaction)
        await db.transaction(async (tx) => {
          for (let n = from; n < Math.min(count, from + aTransaction); n++)
            await product.outbox.append(tx, eventOf(n), Date.now());
        });
      if (isPostgres(db)) await db.raw('ANALYZE');
    },
    begin: () => product.start(),
    async delivered() {
      const ids = hooks.map(({ id }) => id);
      const [row] = await db('deliveries')
        .whereIn('webhook_id', ids)
        .where('status', 'delivered')
        .count('* as n');
      return Number(row!.n);
    },
    stop: () => product.stop(),
  } satisfies Contestant & Record<string, unknown>;
}
