import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Agent } from 'undici';
import type { Deps } from '../deps.js';
import { guardedAgent } from '../net/connect.js';
import { type Claimed, claim, dueWebhooks, giveBack } from '../outbox/claim.js';
import { type Settlement, settle } from '../outbox/settle.js';
import { type Target, targetStore } from '../webhooks/target.js';
import { nextAttemptAt } from './backoff.js';
import { appetite, isProven, type Lane, learn, newLane } from './lane.js';
import type { Outcome } from './outcome.js';
import { send } from './send.js';

const lanesATime = 64;

export type Courier = ReturnType<typeof courier>;

/** A settlement with what it teaches about its webhook; nothing, if the delivery was given back unsent. */
type Result = Settlement & { outcome: Outcome | null; target: Target | null };

/**
 * Carries deliveries from the outbox to their receivers. One cycle is one transaction: what was answered since the
 * last one is settled, and what is due and has room is claimed. Cycles follow each other while there is work, so
 * that the busier it is, the more each one carries.
 */
export function courier(
  {
    config,
    db,
    clock,
    log,
    live,
    vault,
    guard,
    version,
  }: Pick<Deps, 'config' | 'db' | 'clock' | 'log' | 'live' | 'vault' | 'guard' | 'version'>,
  attempted: (outcome: Outcome['kind'], durationMs: number) => void = () => {},
  random: () => number = Math.random,
) {
  const targets = targetStore(vault);
  const lanes = new Map<string, Lane>();
  /** Webhooks that may have more due than was claimed. */
  const hungry = new Set<string>();
  let results: Result[] = [];
  let inFlight = 0;
  let cycling: Promise<void> | null = null;
  let stopped = true;
  /** The database refused: nothing is tried before the next sweep. */
  let resting = false;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const agent: Agent = guardedAgent(guard, { connect: { timeout: config.deliveryTimeout } });
  const sender = { agent, clock, timeout: config.deliveryTimeout, userAgent: `Hookbell/${version}` };
  const cap = config.endpointConcurrency;
  /** Covers what is claimed ahead and the attempt itself. */
  const lease = config.deliveryTimeout + 15_000;

  function wake(webhookIds: Iterable<string> = []): void {
    for (const id of webhookIds) hungry.add(id);
    if (stopped || resting || cycling) return;
    cycling = cycles().finally(() => {
      cycling = null;
      if (hasWork()) wake();
    });
  }

  const hasWork = () => results.length > 0 || wants().length > 0;

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
    results = [];
    const wanted = wants();
    try {
      const { claimed, found } = await db.transaction(async (tx) => {
        await settle(tx, settled);
        await noteHealth(tx, settled);
        const found = await targets.find(
          tx,
          wanted.map((want) => want.webhookId),
        );
        const at = clock();
        const wants = wanted.filter((want) => found.has(want.webhookId));
        const token = randomBytes(12).toString('base64url');
        return { found, claimed: await claim(tx, wants, { token, until: at + lease }, at) };
      });
      tellPages(settled);
      for (const { claimed, next } of settled) {
        if (claimed.subject !== null && next.status !== 'pending') hungry.add(claimed.webhookId);
      }
      accept(wanted, found, claimed);
    } catch (error) {
      results = [...settled, ...results];
      throw error;
    }
    startSending();
  }

  function wants() {
    const open: { webhookId: string; limit: number }[] = [];
    for (const webhookId of hungry) {
      const limit = appetite(laneOf(webhookId), cap);
      if (limit > 0) open.push({ webhookId, limit });
      if (open.length === lanesATime) break;
    }
    return open;
  }

  function accept(
    wanted: { webhookId: string; limit: number }[],
    found: Map<string, Target>,
    claimed: Claimed[],
  ): void {
    const counts = new Map<string, number>();
    for (const one of claimed) {
      laneOf(one.webhookId).ready.push(one);
      counts.set(one.webhookId, (counts.get(one.webhookId) ?? 0) + 1);
    }
    for (const { webhookId, limit } of wanted) {
      const lane = laneOf(webhookId);
      lane.target = found.get(webhookId) ?? null;
      hungry.delete(webhookId);
      if (!lane.target) release(lane);
      // To the back of the queue, so that every webhook has its turn.
      if (counts.get(webhookId) === limit) hungry.add(webhookId);
      forgetIfIdle(webhookId, lane);
    }
  }

  /** What was claimed ahead waits in the database again. */
  function release(lane: Lane): void {
    for (const claimed of lane.ready.splice(0)) results.push(unsent(claimed));
  }

  function unsent(claimed: Claimed): Result {
    const next = { status: 'pending', step: claimed.step, nextAttemptAt: clock() } as const;
    return { claimed, target: null, outcome: null, attempt: null, next };
  }

  function startSending(): void {
    if (stopped) return;
    const unprovenPlaces = Math.max(1, config.deliveryConcurrency >> 1);
    let unproven = 0;
    for (const lane of lanes.values()) if (!isProven(lane)) unproven += lane.inFlight;
    for (const lane of lanes.values()) {
      while (
        lane.target &&
        lane.ready.length > 0 &&
        lane.inFlight < lane.window &&
        inFlight < config.deliveryConcurrency
      ) {
        if (!isProven(lane) && ++unproven > unprovenPlaces) break;
        void attempt(lane, lane.target, lane.ready.shift()!);
      }
    }
  }

  async function attempt(lane: Lane, target: Target, claimed: Claimed): Promise<void> {
    if (claimed.leaseUntil < clock() + config.deliveryTimeout) {
      results.push(unsent(claimed));
      hungry.add(claimed.webhookId);
      wake();
      return;
    }
    lane.inFlight++;
    inFlight++;
    const { attempt: made, outcome } = await send(sender, target, claimed, stopping.signal);
    lane.inFlight--;
    inFlight--;
    if (stopping.signal.aborted && outcome.kind !== 'delivered') {
      results.push(unsent(claimed));
      return;
    }
    if (outcome.kind === 'gone') {
      lane.target = null;
      release(lane);
    }
    attempted(outcome.kind, made.durationMs);
    learn(lane, outcome.kind === 'delivered', made.durationMs, cap);
    results.push({ claimed, target, outcome, attempt: made, next: nextOf(claimed, outcome) });
    startSending();
    wake();
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

  async function noteHealth(tx: Deps['db'], settled: Result[]): Promise<void> {
    for (const { outcome, target, attempt } of settled) {
      if (!outcome || !target || !attempt) continue;
      if (outcome.kind === 'delivered') {
        if (target.failingSince === null) continue;
        await targets.recovered(tx, target.id);
        target.failingSince = null;
      } else {
        if (outcome.kind === 'gone') await targets.gone(tx, target, outcome.reason, clock());
        if (target.failingSince !== null && target.lastError === outcome.reason) continue;
        await targets.failing(tx, target.id, target.failingSince ?? attempt.startedAt, outcome.reason);
        target.failingSince ??= attempt.startedAt;
        target.lastError = outcome.reason;
      }
    }
  }

  function tellPages(settled: Result[]): void {
    for (const target of new Set(settled.map(({ target }) => target))) {
      if (!target) continue;
      live.publish(`webhook:${target.id}`, 'delivery');
      live.publish(`bot:${target.botId}`, 'delivery');
    }
  }

  function laneOf(webhookId: string): Lane {
    const lane = lanes.get(webhookId) ?? newLane();
    lanes.set(webhookId, lane);
    return lane;
  }

  function forgetIfIdle(webhookId: string, lane: Lane): void {
    if (lane.inFlight === 0 && lane.ready.length === 0 && !hungry.has(webhookId) && lane.window === 1)
      lanes.delete(webhookId);
  }

  return {
    /** Starts at once with these webhooks; call it after the commit that gave them something to deliver. */
    wake,

    /** The webhook was paused, disabled or deleted: nothing more is sent to it until it is woken. */
    hold(webhookId: string): void {
      const lane = lanes.get(webhookId);
      if (!lane) return;
      lane.target = null;
      release(lane);
      wake();
    },

    /** Takes up all that is due, and what a process that died had taken. */
    async sweep(at: number): Promise<void> {
      resting = false;
      await giveBack(db, at);
      wake(await dueWebhooks(db, at));
    },

    /** With `ownsDatabase` (SQLite), whatever is marked as being sent was left by a process that died. */
    async start({ ownsDatabase }: { ownsDatabase: boolean }): Promise<void> {
      stopped = false;
      if (ownsDatabase) await giveBack(db, Number.MAX_SAFE_INTEGER);
      await this.sweep(clock());
    },

    /** Attempts in flight have `grace` ms to end; the rest is given back unsent. */
    async stop(grace = 3_000): Promise<void> {
      if (stopped) return;
      stopped = true;
      await cycling;
      await allLanded(grace);
      stopping.abort();
      await allLanded(1_000);
      for (const lane of lanes.values()) release(lane);
      await db.transaction((tx) => settle(tx, results));
      await agent.destroy();
    },
  };

  /** Waits, at most `limit` ms, until nothing is in flight. */
  async function allLanded(limit: number): Promise<void> {
    const until = performance.now() + limit;
    while (inFlight > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
