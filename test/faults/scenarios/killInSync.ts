import { eventually } from '../../support/eventually.js';
import { staticSite } from '../../support/staticSite.js';
import { integrityOf } from '../account.js';
import { openHouse, untilLeasesEnd } from '../house.js';
import { both, type Scenario } from '../scenario.js';
import { table } from '../table.js';

const enough = 500;

type Results = { modifiedRows: number; totalDataSourceRows: number; totalDocuments: number };
type Source = { status: string; lastSync: { progress: { done: number }; results: Results | null } };

/** Dies while the rows of a source are being written: what could be searched before still can be, and it reads again. */
export const killInSync: Scenario = {
  name: 'kill -9 in the middle of a sync',
  engines: both,
  async run(context) {
    const rows = context.pick(2_000, 20_000, 20_000);
    const house = await openHouse(context);
    const site = await staticSite({ '/table.csv': table(rows, 'words') });
    context.later(site.close);
    const config = { url: `${site.origin}/table.csv`, keyColumn: 'id' };
    const input = { name: 'Table', type: 'csv', config };
    const { id } = await house.api<{ id: string }>('POST', `/bots/${house.botId}/data-sources`, input);
    const path = `/data-sources/${id}`;
    const found = async (word: string) => {
      const answer = await house.api<{ data: object[] }>('GET', `/bots/${house.botId}/search?q=${word}`);
      return answer.data.length;
    };
    const whenDone = () =>
      eventually(
        'it is read',
        async () => {
          const source = await house.api<Source>('GET', path);
          return source.status === 'synced' && source.lastSync.results;
        },
        untilLeasesEnd,
      );
    let kills = 0;

    async function killWhileWriting(): Promise<void> {
      const isWriting = await eventually('rows are being written', async () => {
        const { status, lastSync } = await house.api<Source>('GET', path);
        if (status === 'synced' && lastSync.progress.done === rows) return 'over';
        return status === 'syncing' && lastSync.progress.done > enough && 'writing';
      });
      // A few rows may be read between two looks.
      if (isWriting === 'over') return context.note('it was too quick to be killed in the middle');
      await house.kill();
      kills += 1;
      await house.start();
    }

    function compare(results: Results): void {
      const { modifiedRows, totalDataSourceRows, totalDocuments } = results;
      const isWhole = [modifiedRows, totalDataSourceRows, totalDocuments].every((count) => count === rows);
      context.require(isWhole, `${modifiedRows} of ${totalDataSourceRows} rows, ${totalDocuments} documents`);
    }

    if (context.pick(false, true, true)) await killWhileWriting();
    compare(await whenDone());
    site.pages['/table.csv'] = table(rows, 'sentence');
    await house.api('POST', `${path}/sync`);
    await killWhileWriting();
    const [before, { status }] = [await found('words'), await house.api<Source>('GET', path)];
    context.require(
      status !== 'syncing' || before === 10,
      `${before} of the earlier documents were found meanwhile`,
    );
    compare(await whenDone());
    context.require((await found('words')) === 0, 'earlier documents are found after they were replaced');
    context.require(kills >= context.pick(0, 2, 2), 'it was not killed in the middle');
    await house.terminate();
    return { kills, integrity: await integrityOf(house) };
  },
};
