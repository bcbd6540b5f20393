import type { Claimed } from '../outbox/claim.js';
import type { Target } from '../webhooks/target.js';
import { dueAfter, startsAt } from './pace.js';

const slow = 1_000;
const mostAhead = 500;

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
  /** The webhook's own number of requests at once, or the instance's. */
  cap: number;
  /** The latest answer was quick and good. */
  isQuick: boolean;
  /** Smoothed duration of an attempt, in ms; null before the first. */
  pace: number | null;
  /** With a limit of requests a second: when the next is due, in ms. */
  due: number;
};

export const newLane = (cap: number): Lane => ({
  target: null,
  ready: [],
  inFlight: 0,
  window: 1,
  cap,
  isQuick: false,
  pace: null,
  due: 0,
});

/** A lane that has shown that it answers quickly; the others share only a part of all places. */
export const isProven = (lane: Lane) => lane.window > 1 || lane.isQuick;

/** A lane that has shown that it does not. */
export const isDoubtful = (lane: Lane) => !isProven(lane) && lane.pace !== null;

/** Nothing is known of it that a new lane would not know. */
export const isForgettable = (lane: Lane, at: number) =>
  lane.inFlight === 0 && lane.ready.length === 0 && lane.window === 1 && !lane.isQuick && lane.due <= at;

export function learn(lane: Lane, delivered: boolean, durationMs: number): void {
  lane.pace = lane.pace === null ? durationMs : lane.pace * 0.8 + durationMs * 0.2;
  lane.isQuick = delivered && durationMs < slow;
  lane.window = lane.isQuick ? Math.min(lane.cap, lane.window * 2) : Math.max(1, lane.window >> 1);
}

/** How many more to claim: enough to be busy for a quarter of a second, so that nothing waits long under a lease. */
export function appetite(lane: Lane): number {
  const ahead =
    lane.pace === null ? 0 : Math.min(mostAhead, Math.floor((lane.cap * 250) / Math.max(1, lane.pace)));
  const perSecond = lane.target?.requestsPerSecond;
  const soon = perSecond ? Math.ceil(perSecond / 4) : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(lane.window + ahead - lane.inFlight, soon) - lane.ready.length);
}

/** What is claimed for it lasts for one more round of requests at most. */
export const isLow = (lane: Lane) => lane.ready.length <= lane.window && appetite(lane) > 0;

/** When its next request may start; in the past: now. */
export function nextStart({ target, due }: Lane, at: number): number {
  return target?.requestsPerSecond ? startsAt(due, target.requestsPerSecond, at) : 0;
}

export function noteStart(lane: Lane, at: number): void {
  const perSecond = lane.target?.requestsPerSecond;
  if (perSecond) lane.due = dueAfter(lane.due, perSecond, at);
}
