import { expect } from 'chai';
import { type Child, startChild } from './support/child.js';

const day = 24 * 3_600_000;

describe('work that is done each second', () => {
  let child: Child;
  before(() => {
    child = startChild(new URL('./scheduleProcess.js', import.meta.url), { every: '* * * * * *' });
  });
  after(() => child.stop());

  const tick = async () => (await child.next<{ at: number }>()).at;

  it('goes on when the clock is set ahead by a month and back by two', async () => {
    const before = [await tick(), await tick()].at(-1)!;
    for (const [days, since] of [
      [30, 30],
      [-60, -30],
    ] as const) {
      child.tell({ by: days * day });
      let at = await tick();
      // One may have been on its way.
      while (Math.abs(at - before - since * day) > day) at = await tick();
      const next = await tick();
      expect(next - at).to.be.within(0, day);
    }
  });
});
