import { setMaxListeners } from 'node:events';
import { isContention, persistently } from '../databases/contention.js';
import type { Deps } from '../deps.js';
import { type Counted, countedAs } from '../figures/count.js';
import { guardedAgent } from '../net/connect.js';
import { type Claimed, dueWebhooks, giveBack } from '../outbox/claim.js';
import { bringForward, isWrittenLater, setBackWatch } from '../outbox/setBack.js';
import type { OwnReceivers } from '../receivers/own.js';
import { type Standing, standing } from '../webhooks/standing.js';
import { type Target, targetStore } from '../webhooks/target.js';
import { healthWatch, idsOf } from './health.js';
import { type Lane, learn } from './lane.js';
import { createLanes } from './lanes.js';
import { nextOf } from './next.js';
import { send } from './send.js';
import { shareOf } from './share.js';
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

/**
 * While what was claimed lasts, a cycle waits for so many answers, but no longer than so many ms. Few, for what is
 * answered and not recorded comes again when the process is killed.
 */
const worthACycle = { answers: 50, wait: 30 };

export type Courier = ReturnType<typeof courier>;

/**
 * Carries deliveries from the outbox to their receivers. One cycle is one transaction: what was answered since the
 * last one is settled, and what is due and has room is claimed. Cycles follow each other while there is work; the
 * busier it is, the more each one carries.
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
  const share = shareOf(db, config);
  const turnOver = turnover(config, targetStore(vault), healthWatch(config, told));
  // An attempt ends by its own time, for which a webhook may have up to a minute; this lets go of what is left behind.
  const agent = guardedAgent(guard, { connect: { timeout: Math.max(timeout, 60_000) } });
  const sender = { agent, clock, timeout, userAgent: `Hookbell/${version}` };
  const senderTo = ({ url }: Target) => ({ ...sender, agent: own?.agentFor(url) ?? agent });
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let results: Result[] = [];
  let cycling: Promise<void> | null = null;
  /** Ends the wait for more to carry. */
  let setOut: (() => void) | null = null;
  let goesOn = false;
  let stopped = true;
  /** Since the cycle that is under way began. */
  const heldMeanwhile = new Set<string>();
  /** The database refused: nothing is tried before the next sweep. */
  let resting = false;
  let pacing: NodeJS.Timeout | undefined;
  const clockWatch = setBackWatch();

  const hasWork = () => results.length > 0 || lanes.isHungry();

  function wake(webhookIds: Iterable<string> = []): void {
    expect(webhookIds);
    if (!canWait()) setOut?.();
    if (stopped || resting || cycling) return;
    cycling = cycles().finally(() => {
      cycling = null;
      if (hasWork()) wake();
    });
  }

  function expect(webhookIds: Iterable<string>): void {
    lanes.mayHaveMore([...webhookIds].filter(share.isOurs));
  }

  async function cycles(): Promise<void> {
    // The rest of this turn of the event loop may bring more for the same cycle.
    await new Promise(setImmediate);
    try {
      while (!stopped && hasWork()) {
        await cycle().catch(unlessContention);
        await moreToCarry();
      }
    } catch (error) {
      log.error({ err: error }, 'the outbox could not be read or written; trying again with the next sweep');
      resting = true;
    }
  }

  const canWait = () => !stopped && results.length < worthACycle.answers && lanes.haveStock();

  /** A transaction costs the same for one answer as for many, and what is claimed goes out meanwhile. */
  async function moreToCarry(): Promise<void> {
    if (!canWait()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, worthACycle.wait);
      setOut = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    setOut = null;
  }

  async function cycle(): Promise<void> {
    const given = results;
    const wants = lanes.wants();
    clockWatch.look(clock());
    results = [];
    heldMeanwhile.clear();
    try {
      const ours = await share.take(wants.map(({ webhookId }) => webhookId).filter(share.isOurs));
      const { settled, turn, claimed, found } = await db.transaction((tx) =>
        turnOver(
          tx,
          given,
          wants.filter(({ webhookId }) => ours.has(webhookId)),
          clock(),
        ),
      );
      // What was read of these may not be so any more, or they fall to another process by now.
      const stale = [...found.keys()].filter((id) => heldMeanwhile.has(id) || !share.isOurs(id));
      for (const id of stale) found.delete(id);
      for (const id of idsOf(turn, 'paused', 'disabled')) giveBackUnsent(lanes.hold(id));
      giveBackUnsent(lanes.accept(wants, found, claimed, clock()));
      expect([...idsOf(turn, 'resumed'), ...nextInLine(settled), ...stale]);
    } catch (error) {
      results = [...given, ...results];
      lanes.mayHaveMore(wants.map(({ webhookId }) => webhookId));
      throw error;
    }
    tellPages(given);
    sendReady();
  }

  function unlessContention(error: unknown): void {
    if (!isContention(error)) throw error;
    log.info({ err: error }, 'the outbox was written by two at once; trying again');
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
    const longest = target.timeout ?? timeout;
    if (claimed.leaseUntil < clock() + longest || !share.covers(target.id, longest)) {
      giveBackUnsent([claimed]);
      return wake([claimed.webhookId]);
    }
    const { attempt, outcome } = await send(senderTo(target), target, claimed, stopping.signal);
    if (stopping.signal.aborted && outcome.kind !== 'delivered') return giveBackUnsent([claimed]);
    if (outcome.kind === 'gone') giveBackUnsent(lanes.hold(target.id));
    const isDelivered = outcome.kind === 'delivered';
    learn(lane, isDelivered, attempt.durationMs);
    const next = nextOf(config, target, claimed, outcome, clock(), random());
    attempted(countedAs(next), attempt.durationMs);
    const told = { target, outcome, startedAt: attempt.startedAt };
    results.push({ claimed, attempt, next, told });
    goOn();
  }

  /** After these attempts have given their places back; once for all that end in this turn of the event loop. */
  function goOn(): void {
    if (goesOn) return;
    goesOn = true;
    setImmediate(() => {
      goesOn = false;
      sendReady();
      wake();
    });
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
    await share.look();
    await leaveStrays(at);
    if (clockWatch.wasSetBack(at)) await bringForward(db, at);
    await giveBack(db, at);
    wake(await dueWebhooks(db, at));
    sendReady();
  }

  /** Sends no more of what falls to other processes, and leaves it to them once nothing of it is under way. */
  async function leaveStrays(at: number): Promise<void> {
    const strays = share.strays();
    for (const id of strays) giveBackUnsent(lanes.hold(id));
    await share.letGo(strays.filter((id) => lanes.isQuiet(id, at)));
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

    /** Whether this process delivers to it, as far as it knows. */
    serves: (webhookId: string) => !stopped && share.isOurs(webhookId),

    /** The webhook was paused, disabled or deleted: nothing more is sent to it until it is woken. */
    hold(webhookId: string): void {
      heldMeanwhile.add(webhookId);
      giveBackUnsent(lanes.hold(webhookId));
      wake();
    },

    /** Takes up all that is due, and what a process that died had taken. */
    sweep,

    /** With `ownsDatabase` (SQLite), whatever is marked as being sent was left by a process that died. */
    async start({ ownsDatabase }: { ownsDatabase: boolean }): Promise<void> {
      stopped = false;
      if (ownsDatabase) await giveBack(db, Number.MAX_SAFE_INTEGER);
      if (await isWrittenLater(db, clock())) await bringForward(db, clock());
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
      await persistently(() => db.transaction((tx) => turnOver(tx, results, [], clock())));
      await share.leave();
      await agent.destroy();
    },
  };
}
