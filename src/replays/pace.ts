/** How many deliveries a turn without a throttle takes; turns are a second apart. */
const mostATurn = 10_000;

/** Turns come a little early or late, and one a second may need two of them. */
const longestGap = 3_000;

/**
 * What a replay may release now. `perSecond` null: no throttle. `pacedUntil` (ms) is up to when its throttle has been
 * used; time in which nothing could be released (a pause, a stop) is not made up for: a turn never takes more than a
 * second's worth. A turn that comes a little early loses nothing: the next one has what it left.
 */
export function turnOf(perSecond: number | null, pacedUntil: number, at: number): Turn {
  if (perSecond === null) return { quota: mostATurn, pacedUntilAfter: () => at };
  const passed = at - pacedUntil;
  // A clock that was set back would stop the replay until it has caught up.
  const from = passed < 0 || passed >= longestGap ? at - 1_000 : pacedUntil;
  return {
    quota: Math.min(perSecond, Math.floor(((at - from) * perSecond) / 1_000)),
    pacedUntilAfter: (released) => from + Math.round((released * 1_000) / perSecond),
  };
}

export type Turn = {
  quota: number;
  /** What to keep once this many of the turn were released. */
  pacedUntilAfter: (released: number) => number;
};
