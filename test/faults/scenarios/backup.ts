import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openDatabase } from '../../../src/database.js';
import { cli, temporaryFolder } from '../../support/processes.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import type { Scenario } from '../scenario.js';

/** Backups under 50 writes a second, restored elsewhere: each holds all that was acknowledged before it began. */
export const backup: Scenario = {
  name: 'backup under 50 writes a second',
  engines: ['sqlite'],
  async run(context) {
    const house = await openHouse(context);
    const load = startLoad(house, { perSecond: 50 });
    const turns = context.pick(1, 4, 10);
    for (let turn = 0; turn < turns; turn++) {
      await pause(context.pick(500, 2_000, 5_000));
      const before = [...load.acknowledged.keys()];
      const file = join(temporaryFolder(), 'backup.sqlite');
      const { code, stderr } = await cli(['backup', file], house.env);
      context.require(code === 0, `a backup ended with ${code}: ${stderr}`);
      const wrong = await wrongIn(file, before);
      context.require(wrong === null, `in a backup: ${wrong}`);
    }
    await load.stop();
    context.note(`${turns} backups were restored and compared`);
    return addUp(house, load.acknowledged);
  },
};

/** Puts it where a database belongs and reads it there. Null if all is in it, to the last row. */
async function wrongIn(file: string, events: string[]): Promise<string | null> {
  const dataDir = temporaryFolder();
  copyFileSync(file, join(dataDir, 'hookbell.sqlite'));
  const { db, migrate, close } = openDatabase({ dataDir });
  try {
    await migrate();
    const [{ integrity_check: integrity }] = await db.raw('PRAGMA integrity_check');
    if (integrity !== 'ok') return integrity;
    const loose = await db.raw('PRAGMA foreign_key_check');
    if (loose.length > 0) return `${loose.length} rows refer to nothing`;
    const kept = new Set(await db('conversations').pluck('id'));
    const missing = events.filter((event) => !kept.has(event));
    if (missing.length > 0) return `${missing.length} conversations are missing`;
    const counts = await Promise.all(
      ['conversations', 'events', 'deliveries'].map(
        async (table) => (await db(table).count({ n: '*' }))[0]!.n,
      ),
    );
    return new Set(counts).size === 1 ? null : `conversations, events, deliveries: ${counts.join(', ')}`;
  } finally {
    await close();
  }
}
