import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { staticSite } from '../../support/staticSite.js';
import { addUp } from '../account.js';
import { mostRepeats, openHouse, untilLeasesEnd } from '../house.js';
import { startLoad } from '../load.js';
import { both, type Scenario } from '../scenario.js';
import { table } from '../table.js';

const rows = 3_000;

type Source = { status: string; lastSync: { results: { totalDataSourceRows: number } } };

/** Dies at any time, while things happen, are delivered, and a source is being read. */
export const killAtRandom: Scenario = {
  name: 'kill -9 at random under load and syncs',
  engines: both,
  async run(context) {
    const house = await openHouse(context);
    const site = await staticSite({ '/table.csv': table(rows, 'words 0') });
    context.later(site.close);
    const config = { url: `${site.origin}/table.csv`, keyColumn: 'id' };
    const input = { name: 'Table', type: 'csv', config };
    const source = await house.api<{ id: string }>('POST', `/bots/${house.botId}/data-sources`, input);
    const sync = () => house.api('POST', `/data-sources/${source.id}/sync`).catch(() => null);
    const load = startLoad(house);
    const until = performance.now() + context.patience;
    let kills = 0;
    while (performance.now() < until) {
      site.pages['/table.csv'] = table(rows, `words ${kills}`);
      await sync();
      await pause(Math.random() * 2_500);
      await house.kill();
      kills += 1;
      await house.start();
    }
    await load.stop();
    await sync();
    const last = await eventually(
      'the source is read to its end',
      async () => {
        const found = await house.api<Source>('GET', `/data-sources/${source.id}`);
        return found.status === 'synced' && found;
      },
      untilLeasesEnd,
    );
    const read = last.lastSync.results.totalDataSourceRows;
    context.require(read === rows, `${read} of ${rows} rows were read`);
    const figures = await addUp(house, load.acknowledged);
    context.require(figures.duplicated <= kills * mostRepeats, `${figures.duplicated} came twice`);
    return { ...figures, kills };
  },
};
