const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * How long a webhook that failures paused waits before its next try, in ms: twice as long after each one in vain.
 * With five days to a pause: 5 min, 10 min, … at most 6 h; with less, in proportion.
 *
 * @param probes tries in vain so far
 */
export function probeWait(pauseAfter: number, probes: number): number {
  const first = between(second, pauseAfter / 1440, 5 * minute);
  const most = between(10 * second, pauseAfter / 20, 6 * hour);
  return Math.round(Math.min(most, first * 2 ** probes));
}

const between = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value));
