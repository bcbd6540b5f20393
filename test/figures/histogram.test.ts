import { expect } from 'chai';
import fc from 'fast-check';
import { bucketOf, type Histogram, put, quantile } from '../../src/figures/histogram.js';
import { percentile } from '../bench/figures.js';

const aMinute = 60_000;
const durations = fc.array(fc.integer({ min: 1, max: 10 * aMinute }), { minLength: 1, maxLength: 300 });
const shares = fc.constantFrom(0.01, 0.5, 0.9, 0.95, 0.99, 1);

describe('the histogram of durations', () => {
  const histogramOf = (values: number[]) => {
    const histogram: Histogram = new Map();
    for (const value of values) put(histogram, bucketOf(value), 1);
    return histogram;
  };

  it('tells every percentile of any durations, within 10 %', () => {
    fc.assert(
      fc.property(durations, shares, (values, share) => {
        const exact = percentile(values, share);
        const told = quantile(histogramOf(values), share)!;
        // Half a millisecond more for whole numbers.
        expect(Math.abs(told - exact)).to.be.at.most(exact * 0.1 + 0.5);
      }),
    );
  });

  it('puts longer durations into the same bucket or a later one, each at most a fifth wider', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 * aMinute }), (value) => {
        const bucket = bucketOf(value);
        expect(bucketOf(value + 1)).to.be.at.least(bucket);
        expect(value).to.be.at.most(1.2 ** bucket + 1e-6);
        if (bucket > 0) expect(value).to.be.above(1.2 ** (bucket - 1) - 1e-6);
      }),
    );
  });

  it('has a first and a last bucket, whatever comes', () => {
    expect(bucketOf(0)).to.equal(0);
    expect(bucketOf(24 * 60 * aMinute)).to.equal(bucketOf(20 * aMinute));
  });

  it('knows nothing of no durations', () => {
    expect(quantile(new Map(), 0.5)).to.equal(null);
  });
});
