import { addUp, integrityOf } from '../account.js';
import { mostRepeats, openHouse } from '../house.js';
import { startLoad } from '../load.js';
import { both, type Scenario } from '../scenario.js';

const upTo = (last: number, step: number) => Array.from({ length: last / step }, (_, n) => 1 + n * step);

/** Dies while the N-th request is open, or right after its answer and before that is recorded. */
export const killAtRequest: Scenario = {
  name: 'kill -9 at the Nth request',
  engines: both,
  async run(context) {
    const house = await openHouse(context);
    const acknowledged = new Map<string, number>();
    // On PostgreSQL the leases of who died have to end each time.
    const points =
      context.engine === 'sqlite'
        ? context.pick([7], [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 200], upTo(200, 1))
        : context.pick([1], [1, 30], upTo(200, 10));
    for (const [turn, at] of points.entries()) {
      await house.ledger.kill(house.pid(), at, turn % 2 === 0 ? 'asked' : 'answered');
      const load = startLoad(house, { callers: 8, perSecond: 400 });
      await house.ended();
      await load.stop();
      for (const [event, when] of load.acknowledged) acknowledged.set(event, when);
      const integrity = await integrityOf(house);
      context.require(integrity === 'ok', `after the kill at request ${at}: ${integrity}`);
      await house.start();
    }
    const figures = await addUp(house, acknowledged);
    const kills = points.length;
    context.require(figures.duplicated <= kills * mostRepeats, `${figures.duplicated} came twice`);
    return { ...figures, kills };
  },
};
