import { setTimeout as pause } from 'node:timers/promises';
import { addUp } from '../account.js';
import { inFlight, openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { both, type Scenario } from '../scenario.js';

/** Stopped in the middle of its work for longer than its leases last, as a paused machine is, and let go on. */
export const frozen: Scenario = {
  name: 'SIGSTOP, then SIGCONT',
  engines: both,
  async run(context) {
    const house = await openHouse(context);
    const load = startLoad(house);
    await pause(1_000);
    const length = context.pick(1_000, 20_000, 60_000);
    house.signal('SIGSTOP');
    await pause(length);
    house.signal('SIGCONT');
    await pause(1_000);
    await load.stop();
    context.note(`frozen for ${length / 1000} s`);
    const figures = await addUp(house, load.acknowledged);
    context.require(figures.duplicated <= inFlight, `${figures.duplicated} came twice`);
    return figures;
  },
};
