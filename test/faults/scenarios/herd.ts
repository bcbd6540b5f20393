import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { fillLog } from '../../support/log.js';
import { integrityOf } from '../account.js';
import { inFlight, openHouse } from '../house.js';
import { both, type Scenario } from '../scenario.js';

/** Thousands wait for a receiver that comes back: one is tried, then more as it answers, never more than its cap. */
export const herd: Scenario = {
  name: '5,000 wait for a receiver that comes back',
  engines: both,
  async run(context) {
    const waiting = context.pick(300, 5_000, 5_000);
    const house = await openHouse(context);
    await house.ledger.away(true);
    await house.ledger.takes(10);
    const { id } = await house.hook();
    await house.terminate();
    await house.look(({ db }) =>
      fillLog(db, {
        webhookId: id,
        botId: house.botId,
        count: waiting,
        status: 'pending',
        from: Date.now() - waiting,
      }),
    );
    await house.start();
    await pause(context.pick(500, 5_000, 30_000));
    const before = await house.ledger.account();
    const cameBack = Date.now();
    await house.ledger.away(false);
    await eventually('all have arrived', async () => (await house.ledger.taken()) >= waiting);
    const { arrivals, mostAtOnce, entries } = await house.ledger.account();
    const after = arrivals.filter((at) => at >= cameBack);
    const first = after[0]!;
    const inFirst = after.filter((at) => at < first + 100).length;
    const seconds = (after.at(-1)! - first) / 1000;
    context.note(
      `${before.arrivals.length} tries while it was away; then ${inFirst} in the first 100 ms, all in ${seconds.toFixed(1)} s, at most ${mostAtOnce} at once`,
    );
    context.require(mostAtOnce <= inFlight, `${mostAtOnce} requests at once`);
    context.require(
      before.mostAtOnce === 1,
      `${before.mostAtOnce} requests at once to a receiver that was away`,
    );
    const duplicated = entries.reduce((sum, { times }) => sum + times - 1, 0);
    context.require(duplicated === 0, `${duplicated} came twice`);
    await house.terminate();
    return {
      acknowledged: waiting,
      delivered: entries.length,
      lost: waiting - entries.length,
      duplicated,
      integrity: await integrityOf(house),
    };
  },
};
