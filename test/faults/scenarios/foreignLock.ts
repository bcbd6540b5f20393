import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { requireBusy } from '../refusals.js';
import type { Scenario } from '../scenario.js';

/** Another process holds the write lock for longer than anybody waits for it. */
export const foreignLock: Scenario = {
  name: 'another process holds the write lock for 10 s',
  engines: ['sqlite'],
  async run(context) {
    const house = await openHouse(context);
    const load = startLoad(house);
    await pause(500);
    await house.look(async ({ db }) => {
      const tx = await db.transaction();
      await pause(context.pick(1_000, 10_000, 10_000));
      await tx.rollback();
    });
    const { size } = load.acknowledged;
    await eventually('it takes up its work by itself', () => load.acknowledged.size > size + 20);
    await load.stop();
    requireBusy(context, house, load);
    return addUp(house, load.acknowledged);
  },
};
