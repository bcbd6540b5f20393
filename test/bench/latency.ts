import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../support/child.js';
import { cleaningUp } from '../support/cleanUp.js';
import { startArrivals } from './arrivals.js';
import { median, percentile } from './figures.js';
import type { Emitted, Given } from './latencyProcess.js';
import type { Options } from './options.js';
import type { Report } from './report.js';

const perSecond = 200;
const seconds = 10;

type Times = { commit: number[]; begin: number[] };

/** How long (ms) an event takes from its commit to the socket of the receiver, on SQLite. */
export function deliveryLatency({ rounds }: Options): Promise<Report> {
  return cleaningUp(async (later) => {
    const store = mkdtempSync(join(tmpdir(), 'hookbell-bench-'));
    later(() => rmSync(store, { recursive: true, force: true }));
    const arrivals = await startArrivals({ keeps: true });
    later(arrivals.stop);
    const child = startChild(new URL('./latencyProcess.js', import.meta.url), {
      url: arrivals.url,
      store,
    } satisfies Given);
    later(child.stop);
    await child.next();

    const measured: Times[] = [];
    // The first is to warm up.
    for (let round = -1; round < rounds; round++) {
      const { all } = await arrivals.expect(perSecond * seconds);
      child.tell({ perSecond, seconds });
      const emitted = await child.next<Emitted>();
      await all();
      const { kept } = await arrivals.ask();
      if (round >= 0) measured.push(timesOf(emitted, kept));
    }
    const of = (which: keyof Times, share: number) =>
      median(measured.map((times) => percentile(times[which], share)));
    const figures = (which: keyof Times) => ({
      p50: of(which, 0.5),
      p99: of(which, 0.99),
      max: of(which, 1),
    });
    const rows = {
      'from the commit': figures('commit'),
      'from the start of the transaction': figures('begin'),
    };
    return {
      rows,
      notes: [
        `ms to the receiver's socket; SQLite, ${perSecond} events a second for ${seconds} s, each with a transaction of its own; medians of ${rounds} rounds.`,
      ],
      targets: [
        { what: 'p50 from the commit, ms', value: rows['from the commit'].p50, atMost: 5 },
        { what: 'p99 from the commit, ms', value: rows['from the commit'].p99, atMost: 50 },
      ],
      bars: [
        {
          title: `Commit to the receiver's socket, ms, ${perSecond} events a second`,
          bars: [
            { name: 'p50', value: rows['from the commit'].p50, ours: true },
            { name: 'p99', value: rows['from the commit'].p99, ours: true },
          ],
        },
      ],
    };
  });
}

function timesOf(emitted: Emitted, kept: { body: string; at: number }[]): Times {
  const arrived = kept.map(({ body, at }) => {
    const { asked, committed } = emitted[JSON.parse(body).results.totalTokens]!;
    // It may arrive before the process that wrote it has heard of its commit.
    return { commit: Math.max(0, at - committed), begin: at - asked };
  });
  return { commit: arrived.map(({ commit }) => commit), begin: arrived.map(({ begin }) => begin) };
}
