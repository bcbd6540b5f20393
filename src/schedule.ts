import { schedule } from 'node-cron';
import type { Turns } from './databases/turns.js';
import type { Deps } from './deps.js';

/**
 * Work that is done again and again: what, how often (a node-cron line with seconds), and the words for the log.
 * Of the processes on one database, one is enough for what `isForOne`; everything else is safe in all of them.
 */
export type Chore = {
  name: string;
  every: string;
  isForOne?: boolean;
  run: (at: number) => Promise<unknown>;
};

export type Background = {
  start: () => void;
  stop: () => Promise<void>;
  /** Why this process is not doing its background work; null while it is, or has none to do. */
  problem: (at: number) => string | null;
};

const stale = 10_000;
/** In ms: less is a slow machine, more is a clock that was set, or a process that was frozen. */
const leap = 5_000;
/** In ms before each full second: to be there before the timers of node-cron, which go off with it. */
const ahead = 20;

/** Every chore by the clock of node-cron, never two runs of one at a time; the first also tells that all is well. */
export function background(
  { log, clock }: Pick<Deps, 'log' | 'clock'>,
  chores: Chore[],
  turns: Pick<Turns, 'inTurn'>,
): Background {
  const pulse = { started: false, last: 0 };
  const running = new Map<string, Promise<void>>();
  let tasks: { destroy: () => void | Promise<void> }[] = [];
  let unwatch = () => {};

  async function run(chore: Chore): Promise<void> {
    try {
      if (chore.isForOne) await turns.inTurn(chore.name, () => chore.run(clock()));
      else await chore.run(clock());
      pulse.last = clock();
    } catch (error) {
      log.error({ err: error, chore: chore.name }, 'a chore failed; it is tried again at its next turn');
    } finally {
      running.delete(chore.name);
    }
  }

  /** Begins with each chore at once. */
  function begin(): void {
    for (const chore of chores) {
      const turn = () => {
        if (!running.has(chore.name)) running.set(chore.name, run(chore));
      };
      tasks.push(schedule(chore.every, turn, { name: chore.name, suppressMissedWarning: true }));
      turn();
    }
  }

  function end(): Promise<unknown> {
    const ended = tasks.map((task) => task.destroy());
    tasks = [];
    return Promise.all(ended);
  }

  return {
    start() {
      pulse.started = true;
      pulse.last = clock();
      begin();
      unwatch = watchClock(() => {
        log.warn('the clock of this machine was set, or this process was frozen');
        pulse.last = clock();
        void end();
        begin();
      });
    },
    async stop() {
      unwatch();
      await end();
      await Promise.all(running.values());
    },
    problem: (at) =>
      pulse.started && at - pulse.last > stale ? 'the background work has not ticked for 10 s' : null,
  };
}

/**
 * Calls `leapt` when the time is not what it should be by now: node-cron would count every second of a day that was
 * skipped, and wait through one that comes again.
 */
function watchClock(leapt: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = () => {
    const wait = 1000 - ((Date.now() + ahead) % 1000);
    const expected = Date.now() + wait;
    timer = setTimeout(() => {
      if (Math.abs(Date.now() - expected) > leap) leapt();
      arm();
    }, wait);
  };
  arm();
  return () => clearTimeout(timer);
}
