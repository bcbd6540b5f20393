import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { cleaningUp } from '../support/cleanUp.js';
import { startPostgres } from '../support/postgres.js';
import { freePort, temporaryFolder } from '../support/processes.js';
import { startArrivals } from './arrivals.js';
import { writeLog } from './backlog.js';
import { median } from './figures.js';
import type { Options } from './options.js';
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
import { startServer } from './server.js';

const atOnce = 8;
const workers = [1, 2, 4];
const fans = [1, 10, 100, 1_000];
const finished = 1_000_000;

const nameOf = {
  workers: (count: number) => `PostgreSQL, ${count} ${count === 1 ? 'worker' : 'workers'}`,
  fan: (engine: string, count: number) =>
    `${engine}, each event to ${count.toLocaleString('en')} ${count === 1 ? 'webhook' : 'webhooks'}`,
  old: `SQLite, to 10 webhooks, ${finished.toLocaleString('en')} deliveries old`,
};

/**
 * How deliveries a second, and the processor time of each, change with the number of worker processes (to 32 webhooks,
 * on one PostgreSQL), with the number of webhooks that an event goes to, and with the age of the database; in turns.
 */
export function scaleCurve(options: Options): Promise<Report> {
  return cleaningUp(async (later) => {
    const postgres = await startPostgres(Number(await freePort()), { durable: true });
    later(postgres.stop);
    const arrivals = await startArrivals();
    later(arrivals.stop);
    const all = Object.entries(contestants(aDatabaseOf(postgres), await anOldDatabase()));
    const asked = all.filter(([name]) => !options.only || name.includes(options.only));
    const rounds = new Map<string, Round[]>(asked.map(([name]) => [name, []]));
    for (let round = 0; round < options.rounds; round++)
      for (let turn = 0; turn < asked.length; turn++) {
        const [name, contestant] = asked[(turn + round) % asked.length]!;
        const result = await oneRound(contestant, arrivals, options);
        rounds.get(name)!.push(result);
        console.log(`round ${round + 1}, ${name}: ${Math.round(result.rate)} a second`);
      }
    return reportOf(rounds, options);
  });
}

function contestants(
  aDatabase: Contestant['store'],
  anOldFolder: Contestant['store'],
): Record<string, Contestant> {
  const fan = (engine: string, store: Contestant['store'], webhooks: number) =>
    [
      nameOf.fan(engine, webhooks),
      { maker: 'hookbell', store, task: { webhooks, atOnce, fanOut: true } },
    ] as const;
  return {
    ...Object.fromEntries(
      workers.map((processes) => [
        nameOf.workers(processes),
        { maker: 'hookbell', store: aDatabase, task: { webhooks: 32, atOnce }, processes },
      ]),
    ),
    ...Object.fromEntries(fans.map((webhooks) => fan('SQLite', aFolder, webhooks))),
    [nameOf.old]: { maker: 'hookbell', store: anOldFolder, task: { webhooks: 10, atOnce, fanOut: true } },
    ...Object.fromEntries(fans.map((webhooks) => fan('PostgreSQL', aDatabase, webhooks))),
  };
}

/** A folder whose database has all these finished deliveries, a new copy each time. */
async function anOldDatabase(): Promise<(later: Later) => Store> {
  const old = temporaryFolder();
  const { api, stop } = await startServer({ DATA_DIR: old });
  const bot = (await api<{ id: string }>('POST', '/bots', { name: 'Shop' })).id;
  const input = { type: 'conversation.started', targetUrl: 'http://127.0.0.1:9/' };
  const hook = (await api<{ id: string }>('POST', `/bots/${bot}/webhooks`, input)).id;
  await stop();
  await writeLog(old, { bot, hooks: [hook] }, { finished, waiting: 0 });
  return (later) => {
    const store = aFolder(later);
    cpSync(join(old, 'hookbell.sqlite'), join(store.place, 'hookbell.sqlite'));
    return store;
  };
}

function reportOf(rounds: Map<string, Round[]>, { deliveries, rounds: times }: Options): Report {
  const of = (name: string, figure: keyof Round) =>
    median((rounds.get(name) ?? []).map((round) => round[figure]));
  const cost = (name: string) => of(name, 'cpu') + of(name, 'serverCpu');
  const rows = [...rounds].map(([name, all]) => {
    const rates = all.map(({ rate }) => rate);
    return [
      name,
      {
        'a second': median(rates),
        slowest: Math.min(...rates),
        fastest: Math.max(...rates),
        'stored a second': of(name, 'fillRate'),
        'CPU, µs each': of(name, 'cpu') * 1000,
        'server CPU, µs each': of(name, 'serverCpu') * 1000,
        twice: Math.max(...all.map(({ twice }) => twice)),
      },
    ] as const;
  });
  const grows = (name: string, than: string): Target => ({
    what: `${name} / ${than}, processor time a delivery`,
    value: cost(name) / cost(than),
    atMost: 1.2,
  });
  const ten = (engine: string) => nameOf.fan(engine, 10);
  return {
    rows: Object.fromEntries(rows),
    notes: [
      `${deliveries} deliveries a round, ${atOnce} at once to each webhook, medians of ${times} rounds, in turns. The workers, PostgreSQL and the receiver share the processors of this machine.`,
    ],
    targets: [
      ...['SQLite', 'PostgreSQL'].flatMap((engine) => [
        grows(nameOf.fan(engine, 100), ten(engine)),
        grows(nameOf.fan(engine, 1_000), ten(engine)),
      ]),
      grows(nameOf.old, ten('SQLite')),
    ].filter(({ value }) => !Number.isNaN(value)),
    bars: [barsOf(rounds, 'Deliveries a second, as processes and webhooks become more')],
  };
}

const barsOf = (rounds: Map<string, Round[]>, title: string): Bars => ({
  title,
  bars: [...rounds].map(([name, all]) => ({
    name,
    value: median(all.map(({ rate }) => rate)),
    ours: true,
  })),
});
