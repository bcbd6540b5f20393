import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import type { Scenario } from '../scenario.js';

/** A reader in another process keeps the write-ahead log from being emptied; once it is gone, the log is. */
export const heldLog: Scenario = {
  name: 'a reader holds the write-ahead log open',
  engines: ['sqlite'],
  async run(context) {
    const house = await openHouse(context);
    const load = startLoad(house, { callers: 8, perSecond: 300 });
    const size = () => statSync(join(house.env.DATA_DIR!, 'hookbell.sqlite-wal')).size / 1e6;
    await pause(500);
    let held = 0;
    await house.look(async ({ db }) => {
      await db.raw('BEGIN DEFERRED');
      await db('users').first();
      await pause(context.pick(1_000, 15_000, 60_000));
      held = size();
      await db.raw('ROLLBACK');
    });
    await eventually('the log is short again', () => size() < 10);
    await load.stop();
    context.note(`the log grew to ${Math.round(held)} MB, and shrank to ${Math.round(size())} MB`);
    const figures = await addUp(house, load.acknowledged);
    context.require(figures.stall < 3, `one waited ${figures.stall} s`);
    return figures;
  },
};
