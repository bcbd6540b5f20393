import { expect } from 'chai';
import { carryOut } from './carryOut.js';
import { scenarios } from './scenarios.js';

/** The short form; `npm run faults` has all scenarios, longer, and PostgreSQL. */
const few = ['killAtRequest', 'killInSync', 'fullDisk'];

describe('under faults', function () {
  this.timeout(120_000);

  for (const name of few) {
    const scenario = scenarios[name]!;
    it(`${scenario.name}: nothing that was acknowledged is lost`, async () => {
      const { figures, wrong } = await carryOut(scenario, { engine: 'sqlite', extent: 'short', patience: 0 });
      expect(wrong, JSON.stringify(figures)).to.deep.equal([]);
    });
  }
});
