import type { Claimed } from '../outbox/claim.js';
import type { Target } from '../webhooks/target.js';

const slow = 1_000;
const mostAhead = 200;

/**
 * The deliveries of one webhook in this process. How many are sent at once is found as TCP finds it: one at first,
 * twice as many after each quick success up to the cap, half as many after a failure or a slow answer. So what
 * hangs holds one place, and what comes back after an outage is not overrun.
 */
export type Lane = {
  target: Target | null;
  /** Claimed and not yet sent. */
  ready: Claimed[];
  inFlight: number;
  window: number;
  /** Smoothed duration of an attempt, in ms; null before the first. */
  pace: number | null;
};

export const newLane = (): Lane => ({ target: null, ready: [], inFlight: 0, window: 1, pace: null });

/** True while a lane has shown that it answers quickly; the others share only a part of all places. */
export const isProven = (lane: Lane) => lane.window > 1;

export function learn(lane: Lane, delivered: boolean, durationMs: number, cap: number): void {
  lane.pace = lane.pace === null ? durationMs : lane.pace * 0.8 + durationMs * 0.2;
  const good = delivered && durationMs < slow;
  lane.window = good ? Math.min(cap, lane.window * 2) : Math.max(1, lane.window >> 1);
}

/** How many more to claim: enough to be busy for a quarter of a second, so that nothing waits long under a lease. */
export function appetite(lane: Lane, cap: number): number {
  const ahead =
    lane.pace === null ? 0 : Math.min(mostAhead, Math.floor((cap * 250) / Math.max(1, lane.pace)));
  return Math.max(0, lane.window + ahead - lane.ready.length - lane.inFlight);
}
