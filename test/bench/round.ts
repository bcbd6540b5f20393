import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child.js';
import { cleaningUp } from '../support/cleanUp.js';
import { dropDatabase, newDatabase } from '../support/postgres.js';
import type { startArrivals } from './arrivals.js';
import type { Task } from './contestants/contestant.js';
import type { Given, Told } from './contestants/process.js';
import { cpuOfFamily } from './cpu.js';
import type { Options } from './options.js';

const warmUp = 2_000;
/** In ms: until processes that share a database know of each other, and of those that ended. */
const acquaintance = 8_000;

/** A store that a contestant has to itself for one round, and the processor time (ms) its server has used. */
export type Store = { place: string; cpu: () => number };
export type Later = (stop: () => unknown) => void;
export type Contestant = {
  maker: Given['maker'];
  store: (later: Later) => Store | Promise<Store>;
  task: Omit<Task, 'url' | 'store'>;
  /** How many processes share the work; one, if it is not said. */
  processes?: number;
};
export type Round = {
  /** Deliveries a second, from the start to the last arrival. */
  rate: number;
  /** The same of what puts them into the store. */
  fillRate: number;
  /** Processor time of each delivery until it is recorded (ms), and that of the server of the store. */
  cpu: number;
  serverCpu: number;
  /** How many arrived more than once. */
  twice: number;
};

/** How fast a backlog goes out, from processes that are new and warm and a store that is new. */
export function oneRound(
  { maker, store, task, processes = 1 }: Contestant,
  arrivals: Awaited<ReturnType<typeof startArrivals>>,
  { deliveries: count, profile }: Pick<Options, 'deliveries' | 'profile'>,
): Promise<Round> {
  return cleaningUp(async (later) => {
    const { place, cpu: serverCpu } = await store(later);
    const shared = processes > 1;
    const given = { maker, task: { ...task, shared, url: arrivals.url, store: place }, warmUp, profile };
    const children: Child[] = [];
    let filling = 0;
    // What the last one puts there is for all: those before it only help to send it.
    for (let n = processes; n > 0; n--) {
      const own = n === 1 ? count : 0;
      const child = startChild(program, { ...given, count: own } satisfies Given);
      later(child.stop);
      children.push(child);
      filling = (await child.next<{ filling: number }>()).filling;
    }
    if (shared) await new Promise((resolve) => setTimeout(resolve, acquaintance));
    const { all } = await arrivals.expect(count);
    const before = serverCpu();
    const tell = (told: Told) => {
      for (const child of children) child.tell({ told });
    };
    tell('go');
    // One that fails ends this too, before all has arrived.
    const recorded = Promise.all(children.map((child) => child.next<{ began: number; cpu: number }>()));
    await Promise.race([all(), recorded]);
    tell('all arrived');
    const ends = await recorded;
    const serverUsed = serverCpu() - before;
    const { last, twice } = await arrivals.ask();
    return {
      rate: (count / (last - Math.min(...ends.map(({ began }) => began)))) * 1000,
      fillRate: (count / filling) * 1000,
      cpu: ends.reduce((sum, { cpu }) => sum + cpu, 0) / count,
      serverCpu: serverUsed / count,
      twice,
    };
  });
}

const program = new URL('./contestants/process.js', import.meta.url);

/** A new data folder, for SQLite. */
export function aFolder(later: Later): Store {
  const place = mkdtempSync(join(tmpdir(), 'hookbell-bench-'));
  later(() => rmSync(place, { recursive: true, force: true }));
  return { place, cpu: () => 0 };
}

/** A new database on that server. */
export const aDatabaseOf =
  (postgres: { url: string; pid: number }) =>
  async (later: Later): Promise<Store> => {
    const place = await newDatabase(postgres.url);
    later(() => dropDatabase(place));
    return { place, cpu: () => cpuOfFamily(postgres.pid) };
  };
