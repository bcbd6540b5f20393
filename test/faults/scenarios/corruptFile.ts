import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import type { Scenario } from '../scenario.js';

const damages: Record<string, (file: string) => void> = {
  'that is no database': (file) => writeFileSync(file, Buffer.alloc(100_000, 'no database')),
  'cut off in the middle': (file) => truncateSync(file, statSync(file).size / 2),
  'that begins with zeros': (file) => writeFileSync(file, Buffer.alloc(4_096), { flag: 'r+' }),
};

/** The file of the database is damaged while nothing runs: the start says so, and leaves it as it is. */
export const corruptFile: Scenario = {
  name: 'a corrupt database file',
  engines: ['sqlite'],
  async run(context) {
    const house = await openHouse(context);
    const load = startLoad(house);
    await pause(context.pick(500, 2_000, 5_000));
    await load.stop();
    await house.terminate();
    const file = join(house.env.DATA_DIR!, 'hookbell.sqlite');
    const sound = `${file}.sound`;
    copyFileSync(file, sound);
    for (const [name, damage] of Object.entries(damages)) {
      damage(file);
      const damaged = digest(file);
      house.begin();
      const code = await house.ended();
      const said = house.logged().slice(-1_000);
      context.require(code === 1, `a file ${name}: it ended with ${code}`);
      context.require(
        /hookbell\.sqlite.*(damaged|no database)/.test(said),
        `a file ${name}: it said ${said}`,
      );
      context.require(digest(file) === damaged, `a file ${name}: it was changed`);
      for (const beside of ['-wal', '-shm']) rmSync(file + beside, { force: true });
      copyFileSync(sound, file);
    }
    await house.start();
    return addUp(house, load.acknowledged);
  },
};

const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
