import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import type { Scenario } from '../scenario.js';
import { smallDisk } from '../smallDisk.js';

/** The data folder becomes read-only, as after an error of the disk, between two starts. */
export const readOnlyFolder: Scenario = {
  name: 'a read-only data folder',
  engines: ['sqlite'],
  async run(context) {
    const disk = smallDisk(context);
    if (!disk) return {};
    const house = await openHouse(context, { env: { DATA_DIR: disk.folder } });
    const load = startLoad(house);
    await pause(context.pick(300, 1_000, 3_000));
    await house.terminate();
    disk.setReadOnly(true);
    house.begin();
    const code = await house.ended();
    context.require(code === 1, `a start ended with ${code}`);
    const said = /cannot be written/.test(house.logged());
    context.require(said, `a start did not say what is wrong: ${house.logged().slice(-500)}`);
    disk.setReadOnly(false);
    await house.start();
    const { size } = load.acknowledged;
    await eventually('it takes up its work', () => load.acknowledged.size > size + 20);
    await load.stop();
    return addUp(house, load.acknowledged);
  },
};
