import type { Knex } from 'knex';
import type { Target, targetStore } from '../webhooks/target.js';
import type { Outcome } from './outcome.js';

export type Told = { target: Target; outcome: Outcome; startedAt: number };

/** Notes how webhooks are after these attempts, the latest last. A webhook that answered 410 is disabled. */
export async function noteHealth(
  tx: Knex,
  targets: ReturnType<typeof targetStore>,
  told: Told[],
  at: number,
): Promise<void> {
  const latest = new Map(told.map((one) => [one.target.id, one]));
  const well = [...latest.values()].filter(({ outcome }) => outcome.kind === 'delivered');
  if (well.length > 0)
    await targets.recovered(
      tx,
      well.map(({ target }) => target.id),
    );
  for (const { target, outcome, startedAt } of latest.values()) {
    if (outcome.kind !== 'delivered') await targets.failing(tx, target.id, startedAt, outcome.reason);
  }
  for (const { target, outcome } of told) {
    if (outcome.kind === 'gone') await targets.gone(tx, target, outcome.reason, at);
  }
}
