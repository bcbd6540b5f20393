import { cleaningUp } from '../support/cleanUp.js';
import { startPostgres } from '../support/postgres.js';
import { freePort } from '../support/processes.js';
import { startArrivals } from './arrivals.js';
import { cpuOf } from './cpu.js';
import { median } from './figures.js';
import type { Options } from './options.js';
import { startRedis } from './redis.js';
import type { Bars, Report, Target } from './report.js';
import {
  aDatabaseOf,
  aFolder,
  type Contestant,
  type Later,
  oneRound,
  type Round,
  type Store,
} from './round.js';

const atOnce = 8;
const shapes = { '1 webhook × 8': 1, '8 webhooks × 8': 8 };

const ours = { sqlite: 'Hookbell, SQLite', postgres: 'Hookbell, PostgreSQL' };
const others = {
  bare: 'bare loop',
  bull: 'BullMQ, Redis',
  boss: 'pg-boss, PostgreSQL',
  bossOneByOne: 'pg-boss, one by one',
};

/**
 * Deliveries a second of a backlog, from the start to the last arrival, and the processor time of each until all is
 * recorded. Everybody sends the same requests by undici, 8 at once to each webhook, from a process that is new and warm,
 * with a store that is new; in turns, and whose turn is first changes.
 */
export function deliveryThroughput(options: Options): Promise<Report> {
  return cleaningUp(async (later) => {
    const postgres = await startPostgres(Number(await freePort()), { durable: true });
    later(postgres.stop);
    const arrivals = await startArrivals();
    later(arrivals.stop);
    const all = contestants(postgres);
    const asked = Object.entries(all).filter(([name]) => !options.only || name.includes(options.only));
    const rounds = new Map<string, Round[]>();
    for (let round = 0; round < options.rounds; round++)
      for (const [shape, webhooks] of Object.entries(shapes))
        for (let turn = 0; turn < asked.length; turn++) {
          const [name, kind] = asked[(turn + round) % asked.length]!;
          const key = `${shape}: ${name}`;
          const result = await oneRound({ ...kind, task: { webhooks, atOnce } }, arrivals, options);
          rounds.set(key, [...(rounds.get(key) ?? []), result]);
          console.log(`round ${round + 1}, ${key}: ${Math.round(result.rate)} a second`);
        }
    return reportOf(rounds, options);
  });
}

type Kind = Pick<Contestant, 'maker' | 'store'>;

function contestants(postgres: { url: string; pid: number }): Record<string, Kind> {
  const nothing = { place: '', cpu: () => 0 };
  const aDatabase = aDatabaseOf(postgres);
  return {
    [others.bare]: { maker: 'bare', store: () => nothing },
    [ours.sqlite]: { maker: 'hookbell', store: aFolder },
    [ours.postgres]: { maker: 'hookbell', store: aDatabase },
    [others.bull]: { maker: 'bull', store: aRedis },
    [others.boss]: { maker: 'boss', store: aDatabase },
    [others.bossOneByOne]: { maker: 'bossOneByOne', store: aDatabase },
  };
}

async function aRedis(later: Later): Promise<Store> {
  const redis = await startRedis();
  later(redis.stop);
  return { place: String(redis.port), cpu: () => cpuOf(redis.pid) };
}

function reportOf(rounds: Map<string, Round[]>, { deliveries, rounds: times }: Options): Report {
  const of = (key: string, figure: keyof Round) =>
    median((rounds.get(key) ?? []).map((round) => round[figure]));
  const rows = [...rounds.keys()].map((key) => {
    const rates = rounds.get(key)!.map(({ rate }) => rate);
    const bare = `${key.split(':')[0]}: ${others.bare}`;
    return [
      key,
      {
        'a second': median(rates),
        slowest: Math.min(...rates),
        fastest: Math.max(...rates),
        'of the bare loop': median(rates) / of(bare, 'rate'),
        'CPU, µs each': of(key, 'cpu') * 1000,
        'server CPU, µs each': of(key, 'serverCpu') * 1000,
        twice: Math.max(...rounds.get(key)!.map((round) => round.twice)),
      },
    ] as const;
  });
  return {
    rows: Object.fromEntries(rows),
    notes: [
      `${deliveries} deliveries a round, medians of ${times} rounds, in turns.`,
      'SQLite: WAL, synchronous=FULL. PostgreSQL: its defaults (fsync and synchronous_commit on). Redis: appendonly, appendfsync everysec, its default, which may lose the last second; the other two lose nothing.',
    ],
    // Who was not asked has no figures.
    targets: Object.keys(shapes)
      .flatMap((shape) => targetsOf(shape, of))
      .filter(({ value }) => !Number.isNaN(value)),
    bars: Object.keys(shapes).map((shape) => barsOf(shape, of)),
  };
}

type Of = (key: string, figure: keyof Round) => number;

function targetsOf(shape: string, of: Of): Target[] {
  const at = (one: string, figure: keyof Round, other: string) =>
    of(`${shape}: ${one}`, figure) / of(`${shape}: ${other}`, figure);
  const against = (one: string, other: string, atLeast: number): Target => ({
    what: `${shape}: ${one} / ${other}, deliveries a second`,
    value: at(one, 'rate', other),
    atLeast,
  });
  return [
    against(ours.sqlite, others.bare, 0.7),
    against(ours.sqlite, others.bull, 1.5),
    against(ours.sqlite, others.boss, 2),
    against(ours.postgres, others.boss, 1.2),
    {
      what: `${shape}: ${ours.sqlite} / ${others.bare}, CPU a delivery`,
      value: at(ours.sqlite, 'cpu', others.bare),
      atMost: 1.5,
    },
  ];
}

function barsOf(shape: string, of: Of): Bars {
  const names = [others.bare, ours.sqlite, ours.postgres, others.bull, others.boss, others.bossOneByOne];
  const bars = names.map((name) => ({
    name,
    value: of(`${shape}: ${name}`, 'rate'),
    ours: name.startsWith('Hookbell'),
  }));
  return { title: `Deliveries a second, ${shape} at once`, bars };
}
