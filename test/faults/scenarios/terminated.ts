import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { both, type Scenario } from '../scenario.js';

const promised = 10_000;

/** Asked to stop under load, as the first process of a container is. */
export const terminated: Scenario = {
  name: 'SIGTERM under load, as PID 1',
  engines: both,
  async run(context) {
    const isPid1 = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
    if (!isPid1) context.note('not as PID 1, which only root may try');
    const house = await openHouse(context, { isPid1 });
    await house.hook('hang');
    const load = startLoad(house);
    let longest = 0;
    for (let turn = 0; turn < context.pick(1, 4, 12); turn++) {
      await pause(500 + Math.random() * 1_000);
      const began = performance.now();
      const code = await house.terminate();
      longest = Math.max(longest, performance.now() - began);
      context.require(code === 0, `it ended with ${code}`);
      await house.start();
    }
    await load.stop();
    context.note(`it stopped within ${(longest / 1000).toFixed(1)} s`);
    context.require(longest < promised, `it took ${Math.round(longest)} ms to stop`);
    const figures = await addUp(house, load.acknowledged);
    context.require(figures.duplicated === 0, `${figures.duplicated} came twice, although it was let end`);
    return figures;
  },
};
