import { setTimeout as pause } from 'node:timers/promises';
import { memoryOf } from '../../bench/cpu.js';
import { eventually } from '../../support/eventually.js';
import { addUp } from '../account.js';
import { openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { waysToMisbehave } from '../misbehaviour.js';
import { both, type Scenario } from '../scenario.js';

/** What a run may hold more of at its end than soon after its beginning, in MB. */
const mostGrowth = 80;
/** What hangs may not hold up what does not, in s. */
const longestStall = 10;

/** Receivers and sources that hang, drip, pour, lie and reset, beside one that works. */
export const misbehaving: Scenario = {
  name: 'receivers that hang, drip, pour 5 GB, bomb, reset',
  engines: both,
  async run(context) {
    const house = await openHouse(context);
    for (const way of waysToMisbehave) await house.hook(way);
    const load = startLoad(house, { perSecond: 20 });
    await pause(context.pick(1_000, 5_000, 10_000));
    const { now: before } = memoryOf(house.pid());
    await pause(context.pick(1_500, 15_000, 120_000));
    await load.stop();
    const { now, most } = memoryOf(house.pid());
    context.note(
      `memory: ${Math.round(before)} MB at first, ${Math.round(now)} MB later, ${Math.round(most)} MB at most`,
    );
    context.require(now - before < mostGrowth, `memory grew by ${Math.round(now - before)} MB`);

    for (const way of ['bomb', 'flood', 'cut', 'reset'] as const) {
      const input = { name: way, type: 'csv', config: { url: `${house.ledger.url}/${way}` } };
      const source = await house.api<{ id: string }>('POST', `/bots/${house.botId}/data-sources`, input);
      const failed = await eventually('the sync fails', async () => {
        const { status, lastSync } = await house.api<{ status: string; lastSync: { reason: string } }>(
          'GET',
          `/data-sources/${source.id}`,
        );
        return status === 'failed' && lastSync;
      });
      context.note(`a source like this (${way}): ${failed.reason}`);
    }
    const after = memoryOf(house.pid());
    context.require(
      after.most - most < 300,
      `memory grew to ${Math.round(after.most)} MB while sources were read`,
    );

    const figures = await addUp(house, load.acknowledged);
    const { twiceInFlight } = await house.ledger.account();
    context.require(twiceInFlight === 0, `${twiceInFlight} were in flight twice`);
    context.require(figures.duplicated === 0, `${figures.duplicated} came twice`);
    context.require(figures.stall < longestStall, `a good receiver waited ${figures.stall} s`);
    return figures;
  },
};
