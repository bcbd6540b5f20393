/** Each bucket of durations reaches a fifth further than the one before: few rows, and a tenth of error at most. */
const growth = 1.2;
/** Reaches beyond 10 min, longer than any attempt may take. */
const last = 73;

/** The bucket of a duration in ms: number n holds what is longer than 1.2ⁿ⁻¹ ms and no longer than 1.2ⁿ ms. */
export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(last, Math.ceil(Math.log(ms) / Math.log(growth)));
}

/** How many durations fell into which bucket. */
export type Histogram = Map<number, number>;

/**
 * The duration in ms that this share (0 to 1) of them does not exceed, by the nearest rank; null without any.
 * It is the geometric middle of its bucket, and so within 10 % of the exact one.
 */
export function quantile(histogram: Histogram, share: number): number | null {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(total * share));
  for (const [bucket, count] of [...histogram].sort(([one], [other]) => one - other)) {
    left -= count;
    if (left <= 0) return Math.round(growth ** (bucket - 0.5));
  }
  return null;
}

export function put(histogram: Histogram, bucket: number, count: number): void {
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + count);
}
