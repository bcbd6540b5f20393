import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryFolder } from '../../support/processes.js';
import { addUp } from '../account.js';
import { inFlight, openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { both, type Scenario } from '../scenario.js';

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
/** What waits is not to wait for the clock, in s. */
const longestStall = 60;

/** The clock of the machine is set a day ahead and back while it works, and while its receiver is away. */
export const clock: Scenario = {
  name: 'the clock a day ahead, and back',
  engines: both,
  async run(context) {
    if (!existsSync(library)) {
      context.note('left out: it needs faketime (apt-get install faketime)');
      return {};
    }
    const file = join(temporaryFolder(), 'time');
    const set = (offset: string) => writeFileSync(file, `${offset}\n`);
    set('+0');
    const house = await openHouse(context, {
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const load = startLoad(house, { perSecond: 40 });
    const turn = context.pick(500, 3_000, 10_000);
    for (const offset of ['+1d', '+0', '-1d', '+0']) {
      await pause(turn);
      // So that some wait for their next attempt while the clock jumps.
      await house.ledger.away(true);
      await pause(turn / 2);
      set(offset);
      await pause(turn / 2);
      await house.ledger.away(false);
    }
    await pause(turn);
    await house.kill();
    set('-1d');
    await house.start();
    await pause(turn);
    await load.stop();
    const figures = await addUp(house, load.acknowledged);
    context.require(figures.duplicated <= inFlight, `${figures.duplicated} came twice`);
    context.require(figures.stall < longestStall, `one waited ${figures.stall} s`);
    return { ...figures, kills: 1 };
  },
};
