import type { Config } from '../config.js';
import type { Claimed } from '../outbox/claim.js';
import type { Settlement } from '../outbox/settle.js';
import type { Target } from '../webhooks/target.js';
import { nextAttemptAt } from './backoff.js';
import type { Outcome } from './outcome.js';

/** What becomes of a delivery whose attempt came out so, at `at` (ms). `random`: a number in [0, 1). */
export function nextOf(
  { retrySchedule }: Pick<Config, 'retrySchedule'>,
  { probe }: Pick<Target, 'probe'>,
  { step }: Pick<Claimed, 'step'>,
  outcome: Outcome,
  at: number,
  random: number,
): Settlement['next'] {
  if (outcome.kind === 'delivered') return { status: 'delivered', finishedAt: at };
  if (outcome.kind === 'gone') return { status: 'failed', finishedAt: at };
  // A try of a paused webhook costs its delivery no step; the next try takes another one.
  if (probe) return { status: 'pending', step, nextAttemptAt: Math.max(at, outcome.notBefore ?? 0) };
  const again = nextAttemptAt(retrySchedule, step, at, outcome.notBefore, random);
  return again === null
    ? { status: 'failed', finishedAt: at }
    : { status: 'pending', step: step + 1, nextAttemptAt: again };
}
