import { setMaxListeners } from 'node:events';
import type { Deps } from '../deps.js';
import { type Counted, countedAs } from '../figures/count.js';
import { guardedAgent } from '../net/connect.js';
import { type Claimed, dueWebhooks, giveBack } from '../outbox/claim.js';
import { type Settlement, settle } from '../outbox/settle.js';
import type { OwnReceivers } from '../receivers/own.js';
import { type Standing, standing } from '../webhooks/standing.js';
import { type Target, targetStore } from '../webhooks/target.js';
import { nextAttemptAt } from './backoff.js';
import { healthWatch, idsOf } from './health.js';
import { type Lane, learn } from './lane.js';
import { createLanes } from './lanes.js';
import type { Outcome } from './outcome.js';
import { send } from './send.js';
import { type Result, turnover } from './turnover.js';

type Needs = Pick<Deps, 'config' | 'db' | 'clock' | 'log' | 'live' | 'vault' | 'guard' | 'version'>;

type Watch = {
  /** Called after each attempt. */
  attempted?: (outcome: Counted, durationMs: number) => void;
  standing?: Standing;
  random?: () => number;
  /** Reaches this server's own test receivers, past the guard. */
  own?: Pick<OwnReceivers, 'agentFor'>;
};

/** For attempts in flight when the process stops, in ms. */
const usualGrace = 3_000;

export type Courier = ReturnType<typeof courier>;

/**
 * Carries deliveries from the outbox to their receivers. One cycle is one transaction: what was answered since the
 * last one is settled, and what is due and has room is claimed. Cycles follow each other while there is work, so
 * that the busier it is, the more each one carries.
 */
export function courier(
  { config, db, clock, log, live, vault, guard, version }: Needs,
  {
    attempted = () => {},
    standing: told = standing({ config, live }),
    random = Math.random,
    own,
  }: Watch = {},
) {
  const timeout = config.deliveryTimeout;
  const lanes = createLanes({
    eachAtOnce: config.endpointConcurrency,
    allAtOnce: config.deliveryConcurrency,
  });
  const turnOver = turnover(config, targetStore(vault), healthWatch(config, told));
  // An attempt ends by its own time, for which a webhook may have up to a minute; this lets go of what is left behind.
  const agent = guardedAgent(guard, { connect: { timeout: Math.max(timeout, 60_000) } });
  const sender = { agent, clock, timeout, userAgent: `Hookbell/${version}` };
  const senderTo = ({ url }: Target) => ({ ...sender, agent: own?.agentFor(url) ?? agent });
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let results: Result[] = [];
  let cycling: Promise<void> | null = null;
  let stopped = true;
  /** The database refused: nothing is tried before the next sweep. */
  let resting = false;
  let pacing: NodeJS.Timeout | undefined;

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
    const given = results;
    const wants = lanes.wants();
    results = [];
    try {
      const { settled, turn, claimed, found } = await db.transaction((tx) =>
        turnOver(tx, given, wants, clock()),
      );
      for (const id of idsOf(turn, 'paused', 'disabled')) giveBackUnsent(lanes.hold(id));
      giveBackUnsent(lanes.accept(wants, found, claimed, clock()));
      lanes.mayHaveMore([...idsOf(turn, 'resumed'), ...nextInLine(settled)]);
    } catch (error) {
      results = [...given, ...results];
      lanes.mayHaveMore(wants.map(({ webhookId }) => webhookId));
      throw error;
    }
    tellPages(given);
    sendReady();
  }

  function sendReady(): void {
    if (stopped) return;
    clearTimeout(pacing);
    const at = clock();
    const next = lanes.send(attempt, at);
    if (next === null) return;
    pacing = setTimeout(
      () => {
        sendReady();
        wake();
      },
      Math.max(1, Math.ceil(next - at)),
    );
  }

  async function attempt(lane: Lane, target: Target, claimed: Claimed): Promise<void> {
    if (claimed.leaseUntil < clock() + (target.timeout ?? timeout)) {
      giveBackUnsent([claimed]);
      return wake([claimed.webhookId]);
    }
    const { attempt, outcome } = await send(senderTo(target), target, claimed, stopping.signal);
    if (stopping.signal.aborted && outcome.kind !== 'delivered') return giveBackUnsent([claimed]);
    if (outcome.kind === 'gone') giveBackUnsent(lanes.hold(target.id));
    const isDelivered = outcome.kind === 'delivered';
    learn(lane, isDelivered, attempt.durationMs);
    const next = nextOf(target, claimed, outcome);
    attempted(countedAs(next), attempt.durationMs);
    const told = { target, outcome, startedAt: attempt.startedAt };
    results.push({ claimed, attempt, next, told });
    // After this attempt has given its place back.
    setImmediate(() => {
      sendReady();
      wake();
    });
  }

  function nextOf({ probe }: Target, { step }: Claimed, outcome: Outcome): Settlement['next'] {
    const at = clock();
    if (outcome.kind === 'delivered') return { status: 'delivered', finishedAt: at };
    if (outcome.kind === 'gone') return { status: 'failed', finishedAt: at };
    // A try of a paused webhook costs its delivery no step; the next try takes another one.
    if (probe) return { status: 'pending', step, nextAttemptAt: Math.max(at, outcome.notBefore ?? 0) };
    const again = nextAttemptAt(config.retrySchedule, step, at, outcome.notBefore, random());
    return again === null
      ? { status: 'failed', finishedAt: at }
      : { status: 'pending', step: step + 1, nextAttemptAt: again };
  }

  /** They wait in the database again, as if they had never been claimed. */
  function giveBackUnsent(claims: Claimed[]): void {
    for (const claimed of claims) {
      const next = { status: 'pending', step: claimed.step, nextAttemptAt: claimed.dueAt } as const;
      results.push({ claimed, attempt: null, next, told: null });
    }
  }

  /** The webhooks for which the end of one delivery may have let another go. */
  const nextInLine = (settled: Result[]) =>
    settled
      .filter(({ claimed, next }) => claimed.subject !== null && next.status !== 'pending')
      .map(({ claimed }) => claimed.webhookId);

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
    sendReady();
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
    async stop(grace = usualGrace): Promise<void> {
      if (stopped) return;
      stopped = true;
      clearTimeout(pacing);
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
