import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Config } from '../config.js';
import { type Claimed, claim, type Want } from '../outbox/claim.js';
import { type Settlement, settle, stillOurs } from '../outbox/settle.js';
import { healthStore } from '../webhooks/healthStore.js';
import type { Target, targetStore } from '../webhooks/target.js';
import type { healthWatch, Told, Turn } from './health.js';

/** A settlement with what it teaches about its webhook; nothing, if the delivery was given back unsent. */
export type Result = Settlement & { told: Told | null };

/** What a lease lasts longer than the attempt that it is for, in ms. */
const margin = 15_000;

/** The work of one transaction: what was answered is settled, and of what is wanted, what is due is claimed. */
export function turnover(
  { deliveryTimeout: timeout }: Pick<Config, 'deliveryTimeout'>,
  targets: ReturnType<typeof targetStore>,
  health: ReturnType<typeof healthWatch>,
) {
  return async (
    tx: Knex.Transaction,
    results: Result[],
    wants: Want[],
    at: number,
  ): Promise<{ settled: Result[]; turn: Turn; found: Map<string, Target>; claimed: Claimed[] }> => {
    const ours = await stillOurs(tx, results, at);
    const told = ours.flatMap((result) => result.told ?? []);
    const turn = await health.note(tx, told, at);
    const settled = await keptWhilePaused(tx, ours, at);
    await settle(tx, settled);
    await leaveUntried(tx, settled, at);
    await health.conclude(tx, turn, at);
    return { settled, turn, ...(await claimFor(tx, wants, at)) };
  };

  async function claimFor(tx: Knex, wants: Want[], at: number) {
    const ids = wants.map(({ webhookId }) => webhookId);
    const open = await targets.find(tx, ids);
    const closed = ids.filter((id) => !open.has(id));
    const triesUntil = at + timeout + margin;
    const tried = await targets.findToTry(tx, closed, at, triesUntil);
    const found = new Map([...open, ...tried]);
    const asked = wants
      .filter(({ webhookId }) => found.has(webhookId))
      .map((want) => (tried.has(want.webhookId) ? { ...want, limit: 1 } : want));
    const longest = Math.max(timeout, ...[...found.values()].map((target) => target.timeout ?? 0));
    // Covers what is claimed ahead and the attempt itself.
    const lease = { token: randomBytes(12).toString('base64url'), until: at + longest + margin };
    const claimed = (await claim(tx, asked, lease, at)).map((one) =>
      tried.has(one.webhookId) ? { ...one, triesUntil } : one,
    );
    return { found, claimed };
  }
}

/** A try whose delivery was given back unsent holds the next one up no longer. */
async function leaveUntried(tx: Knex, results: Result[], at: number): Promise<void> {
  for (const { claimed, attempt } of results) {
    if (attempt || !claimed.triesUntil) continue;
    await healthStore(tx).untried(claimed.webhookId, claimed.triesUntil, at);
  }
}

/** No schedule ends while its webhook is paused: what would have failed for good waits with the rest. */
async function keptWhilePaused(tx: Knex, results: Result[], at: number): Promise<Result[]> {
  const isOver = ({ next, told }: Result) => next.status === 'failed' && told?.outcome.kind === 'retry';
  const over = results.filter(isOver).map(({ claimed }) => claimed.webhookId);
  if (over.length === 0) return results;
  const paused = await healthStore(tx).paused(over);
  return results.map((result) =>
    isOver(result) && paused.has(result.claimed.webhookId)
      ? { ...result, next: { status: 'pending', step: 0, nextAttemptAt: at } }
      : result,
  );
}
