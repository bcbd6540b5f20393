import { expect } from 'chai';
import fc from 'fast-check';
import { nextAttemptAt } from '../../src/delivery/backoff.js';

const schedule = [5_000, 300_000, 1_800_000, 7_200_000];
const step = fc.nat(schedule.length - 1);
const time = fc.nat(2 ** 45);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the backoff', () => {
  it('waits what the schedule says, give or take a tenth', () => {
    fc.assert(
      fc.property(step, time, random, (step, at, random) => {
        const wait = nextAttemptAt(schedule, step, at, null, random)! - at;
        expect(wait).to.be.within(Math.floor(schedule[step]! * 0.9), Math.ceil(schedule[step]! * 1.1));
        expect(Number.isInteger(wait)).to.equal(true);
      }),
    );
  });

  it('never comes back before the receiver wants it to', () => {
    fc.assert(
      fc.property(step, time, fc.nat(86_400_000), random, (step, at, later, random) => {
        expect(nextAttemptAt(schedule, step, at, at + later, random)).to.be.at.least(at + later);
      }),
    );
  });

  it('spreads what failed together', () => {
    expect(nextAttemptAt(schedule, 1, 0, null, 0)).to.equal(270_000);
    expect(nextAttemptAt(schedule, 1, 0, null, 0.5)).to.equal(300_000);
    expect(nextAttemptAt(schedule, 1, 0, null, 0.999999)).to.be.closeTo(330_000, 1);
  });

  it('ends when the schedule does', () => {
    fc.assert(
      fc.property(fc.integer({ min: schedule.length, max: 1000 }), time, random, (step, at, random) => {
        expect(nextAttemptAt(schedule, step, at, null, random)).to.equal(null);
      }),
    );
  });
});
