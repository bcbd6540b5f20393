import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { requireBusy } from '../refusals.js';
import type { Scenario } from '../scenario.js';
import { smallDisk } from '../smallDisk.js';

/** The disk is full under load, and has room again. */
export const fullDisk: Scenario = {
  name: 'a full disk',
  engines: ['sqlite'],
  async run(context) {
    const disk = smallDisk(context);
    if (!disk) return {};
    const house = await openHouse(context, { env: { DATA_DIR: disk.folder } });
    const load = startLoad(house);
    const ballast = join(disk.folder, 'ballast');
    for (let turn = 0; turn < context.pick(1, 2, 5); turn++) {
      await pause(context.pick(300, 1_000, 3_000));
      fill(ballast);
      const before = load.refused.get(503) ?? 0;
      await eventually('callers are refused', () => (load.refused.get(503) ?? 0) > before + 5);
      await pause(context.pick(100, 3_000, 12_000));
      const said = await fetch(`${house.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
      context.require(said, 'it does not live any more');
      const { size } = load.acknowledged;
      rmSync(ballast);
      await eventually('it takes up its work by itself', () => load.acknowledged.size > size + 20);
    }
    await load.stop();
    requireBusy(context, house, load);
    const figures = await addUp(house, load.acknowledged);
    context.require(/disk is full/.test(house.logged()), 'the log does not say that the disk is full');
    return figures;
  },
};

function fill(file: string): void {
  const ballast = openSync(file, 'w');
  try {
    for (let size = 1_000_000; size >= 1; size = Math.floor(size / 4)) writeUntilFull(ballast, size);
  } finally {
    closeSync(ballast);
  }
}

function writeUntilFull(file: number, size: number): void {
  const piece = Buffer.alloc(size);
  try {
    while (writeSync(file, piece) === size);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
