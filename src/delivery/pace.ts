/** What a late timer may be made up for, in ms. */
const slack = 10;

/**
 * When the next request may start, for at most `perSecond` of them in any second, evenly spaced: the generic cell
 * rate algorithm (ITU-T I.371) with a tolerance of `slack`, for which the gap is a little longer.
 * `due` is when it would start if every one was on time, in ms.
 */
export const startsAt = (due: number, perSecond: number, at: number) =>
  // A clock that was set back does not hold it up.
  Math.min(due, at + gap(perSecond) + slack) - slack;

/** When the one after it is due, if one starts at `at`. */
export const dueAfter = (due: number, perSecond: number, at: number) =>
  Math.max(Math.min(due, at + gap(perSecond) + slack), at) + gap(perSecond);

const gap = (perSecond: number) => (1000 + slack) / perSecond;
