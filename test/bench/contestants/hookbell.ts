import { readConfig } from '../../../src/config.js';
import { createHookbell } from '../../../src/hookbell.js';
import { createLog } from '../../../src/log.js';
import { isPostgres } from '../../../src/records.js';
import { syncSucceeded } from '../../../src/webhooks/events.js';
import { admin, type Hook, makeHook } from '../../support/outbox.js';
import type { Contestant, Task } from './contestant.js';

const deliveriesInATransaction = 250;

/** The product itself without its pages, on SQLite (a folder) or PostgreSQL (a URL), each attempt recorded. */
export async function hookbell({ url, webhooks, atOnce, store, fanOut = false, shared = false }: Task) {
  const config = readConfig({
    ...(store.startsWith('postgres:') ? { DATABASE_URL: store, ROLE: 'worker' } : { DATA_DIR: store }),
    SECRET_KEY: 'a secret key for the bench',
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'error',
    ENDPOINT_CONCURRENCY: String(atOnce),
  });
  const product = await createHookbell(config, createLog(config), Date.now);
  const { db } = product.deps;
  const hooks: Hook[] = [];
  for (let lane = 0; lane < webhooks; lane++)
    hooks.push(await makeHook({ hookbell: product }, `${url}/${lane}`, fanOut ? hooks[0]?.botId : undefined));

  // What falls to whom is settled while all are paused.
  if (shared) {
    for (const { id } of hooks) await product.webhooks.pause(id, admin, Date.now());
    await product.start();
  }

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
      const events = fanOut ? count / webhooks : count;
      const aTransaction = fanOut ? Math.ceil(deliveriesInATransaction / webhooks) : deliveriesInATransaction;
      for (let from = 0; from < events; from += aTransaction)
        await db.transaction(async (tx) => {
          for (let n = from; n < Math.min(events, from + aTransaction); n++)
            await product.outbox.append(tx, eventOf(n), Date.now());
        });
      if (isPostgres(db)) await db.raw('ANALYZE');
    },
    async begin() {
      if (!shared) return product.start();
      await Promise.all(hooks.map(({ id }) => product.webhooks.resume(id, admin, Date.now())));
    },
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
