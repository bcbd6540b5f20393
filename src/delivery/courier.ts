import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Deps } from '../deps.js';
import { guardedAgent } from '../net/connect.js';
import { type Claimed, claim, dueWebhooks, giveBack } from '../outbox/claim.js';
import { type Settlement, settle } from '../outbox/settle.js';
import { type Target, targetStore } from '../webhooks/target.js';
import { nextAttemptAt } from './backoff.js';
import { noteHealth, type Told } from './health.js';
import { type Lane, learn } from './lane.js';
import { createLanes } from './lanes.js';
import type { Outcome } from './outcome.js';
import { send } from './send.js';

type Needs = Pick<Deps, 'config' | 'db' | 'clock' | 'log' | 'live' | 'vault' | 'guard' | 'version'>;

/** A settlement with what it teaches about its webhook; nothing, if the delivery was given back unsent. */
type Result = Settlement & { told: Told | null };

export type Courier = ReturnType<typeof courier>;

/**
 * Carries deliveries from the outbox to their receivers. One cycle is one transaction: what was answered since the
 * last one is settled, and what is due and has room is claimed. Cycles follow each other while there is work, so
 * that the busier it is, the more each one carries.
 */
export function courier(
  { config, db, clock, log, live, vault, guard, version }: Needs,
  attempted: (outcome: Outcome['kind'], durationMs: number) => void = () => {},
  random: () => number = Math.random,
) {
  const timeout = config.deliveryTimeout;
  const lanes = createLanes({
    eachAtOnce: config.endpointConcurrency,
    allAtOnce: config.deliveryConcurrency,
  });
  const targets = targetStore(vault);
  const agent = guardedAgent(guard, { connect: { timeout } });
  const sender = { agent, clock, timeout, userAgent: `Hookbell/${version}` };
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let results: Result[] = [];
  let cycling: Promise<void> | null = null;
  let stopped = true;
  /** The database refused: nothing is tried before the next sweep. */
  let resting = false;

  const hasWork = () => results.length > 0 || lanes.isHungry();

  function wake(webhookIds: Iterable<string> = []): void {
    lanes.mayHaveMore(webhookIds);
    if (stopped || resting || cycling) return;
    cycling = cycles().finally(() => {
      cycling = null;
      if (hasWork()) wake();
    });
  }

  async function cycles(): Promise<void> {
    // The rest of this turn of the event loop may bring more for the same cycle.
    await new Promise(setImmediate);
    try {
      while (!stopped && hasWork()) await cycle();
    } catch (error) {
      log.error({ err: error }, 'the outbox could not be read or written; trying again with the next sweep');
      resting = true;
    }
  }

  async function cycle(): Promise<void> {
    const settled = results;
    const wants = lanes.wants();
    results = [];
    try {
      const { claimed, found } = await db.transaction((tx) => settleAndClaim(tx, settled, wants));
      giveBackUnsent(lanes.accept(wants, found, claimed));
    } catch (error) {
      results = [...settled, ...results];
      lanes.mayHaveMore(wants.map(({ webhookId }) => webhookId));
      throw error;
    }
    for (const { claimed, next } of settled) {
      if (claimed.subject !== null && next.status !== 'pending') lanes.mayHaveMore([claimed.webhookId]);
    }
    tellPages(settled);
    sendReady();
  }

  async function settleAndClaim(tx: Deps['db'], settled: Result[], wants: ReturnType<typeof lanes.wants>) {
    const at = clock();
    await settle(tx, settled);
    const told = settled.flatMap((result) => result.told ?? []);
    await noteHealth(tx, targets, told, at);
    const ids = wants.map(({ webhookId }) => webhookId);
    const found = await targets.find(tx, ids);
    const open = wants.filter(({ webhookId }) => found.has(webhookId));
    // Covers what is claimed ahead and the attempt itself.
    const lease = { token: randomBytes(12).toString('base64url'), until: at + timeout + 15_000 };
    return { found, claimed: await claim(tx, open, lease, at) };
  }

  function sendReady(): void {
    if (!stopped) lanes.send(attempt);
  }

  async function attempt(lane: Lane, target: Target, claimed: Claimed): Promise<void> {
    if (claimed.leaseUntil < clock() + timeout) {
      giveBackUnsent([claimed]);
      return wake([claimed.webhookId]);
    }
    const { attempt, outcome } = await send(sender, target, claimed, stopping.signal);
    if (stopping.signal.aborted && outcome.kind !== 'delivered') return giveBackUnsent([claimed]);
    if (outcome.kind === 'gone') giveBackUnsent(lanes.hold(target.id));
    const isDelivered = outcome.kind === 'delivered';
    learn(lane, isDelivered, attempt.durationMs, config.endpointConcurrency);
    attempted(outcome.kind, attempt.durationMs);
    const told = { target, outcome, startedAt: attempt.startedAt };
    results.push({ claimed, attempt, next: nextOf(claimed, outcome), told });
    // After this attempt has given its place back.
    setImmediate(() => {
      sendReady();
      wake();
    });
  }

  function nextOf({ step }: Claimed, outcome: Outcome): Settlement['next'] {
    const at = clock();
    if (outcome.kind === 'delivered') return { status: 'delivered', finishedAt: at };
    if (outcome.kind === 'gone') return { status: 'failed', finishedAt: at };
    const again = nextAttemptAt(config.retrySchedule, step, at, outcome.notBefore, random());
    return again === null
      ? { status: 'failed', finishedAt: at }
      : { status: 'pending', step: step + 1, nextAttemptAt: again };
  }

  /** They wait in the database again, as if they had never been claimed. */
  function giveBackUnsent(claims: Claimed[]): void {
    for (const claimed of claims) {
      const next = { status: 'pending', step: claimed.step, nextAttemptAt: clock() } as const;
      results.push({ claimed, attempt: null, next, told: null });
    }
  }

  function tellPages(settled: Result[]): void {
    const told = new Set(settled.flatMap((result) => result.told?.target ?? []));
    for (const { id, botId } of told) {
      live.publish(`webhook:${id}`, 'delivery');
      live.publish(`bot:${botId}`, 'delivery');
    }
  }

  async function sweep(at: number): Promise<void> {
    resting = false;
    await giveBack(db, at);
    wake(await dueWebhooks(db, at));
  }

  /** Waits, at most `limit` ms, until nothing is in flight. */
  async function allLanded(limit: number): Promise<void> {
    const until = performance.now() + limit;
    while (lanes.inFlight() > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  return {
    /** Starts at once with these webhooks; call it after the commit that gave them something to deliver. */
    wake,

    /** The webhook was paused, disabled or deleted: nothing more is sent to it until it is woken. */
    hold(webhookId: string): void {
      giveBackUnsent(lanes.hold(webhookId));
      wake();
    },

    /** Takes up all that is due, and what a process that died had taken. */
    sweep,

    /** With `ownsDatabase` (SQLite), whatever is marked as being sent was left by a process that died. */
    async start({ ownsDatabase }: { ownsDatabase: boolean }): Promise<void> {
      stopped = false;
      if (ownsDatabase) await giveBack(db, Number.MAX_SAFE_INTEGER);
      await sweep(clock());
    },

    /** Attempts in flight have `grace` ms to end; the rest is given back unsent. */
    async stop(grace = 3_000): Promise<void> {
      if (stopped) return;
      stopped = true;
      await cycling;
      await allLanded(grace);
      stopping.abort();
      await allLanded(1_000);
      giveBackUnsent(lanes.releaseAll());
      await db.transaction((tx) => settle(tx, results));
      await agent.destroy();
    },
  };
}
