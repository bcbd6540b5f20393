/**
 * When to try again: the schedule's wait at `step`, ±10 % so that what failed together does not return together,
 * and not before `notBefore` (the receiver's Retry-After). `null` when the schedule is exhausted.
 *
 * @param schedule waits in ms; the first is after the first failed attempt
 * @param random a number in [0, 1)
 */
export function nextAttemptAt(
  schedule: readonly number[],
  step: number,
  at: number,
  notBefore: number | null,
  random: number,
): number | null {
  const wait = schedule[step];
  if (wait === undefined) return null;
  const jittered = Math.round(wait * (0.9 + 0.2 * random));
  return Math.max(at + jittered, notBefore ?? 0);
}
