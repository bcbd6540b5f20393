import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startChild } from '../support/child.js';
import { cleaningUp } from '../support/cleanUp.js';
import { memoryOf } from './cpu.js';
import { median, percentile } from './figures.js';
import { installLangChain } from './langchain.js';
import type { Options } from './options.js';
import type { Figure, Report } from './report.js';
import { type BenchServer, startServer } from './server.js';

const rows = 100_000;
const ours = 'Hookbell, SQLite';
const langChain = 'LangChain, in memory';

type Later = (stop: () => unknown) => void;
type Reading = { seconds: number; healthP99?: number };
/** What indexes the file at an address; `read` reads it once more, whole. */
type Index = { read: () => Promise<Reading>; pid: number };
type Round = { first: Reading; unchanged: Reading; memory: number };

/**
 * A CSV file of 100,000 lines by URL, read for the first time and again unchanged: here, with what `GET /healthz` takes
 * meanwhile (ms), and by the indexing API of LangChain.js; each in a process that is new, in turns.
 */
export function syncOfCsv({ rounds: times }: Options): Promise<Report> {
  return cleaningUp(async (later) => {
    await installLangChain();
    const url = await serveCsv(later);
    const contestants = Object.entries({ [ours]: hookbell, [langChain]: langChainIndex });
    const rounds = new Map<string, Round[]>(contestants.map(([name]) => [name, []]));
    for (let round = 0; round < times; round++)
      for (let turn = 0; turn < contestants.length; turn++) {
        const [name, start] = contestants[(turn + round) % contestants.length]!;
        const result = await oneRound(url, start);
        rounds.get(name)!.push(result);
        console.log(
          `round ${round + 1}, ${name}: ${result.first.seconds.toFixed(1)} s, unchanged ${result.unchanged.seconds.toFixed(2)} s`,
        );
      }
    return reportOf(rounds);
  });
}

const oneRound = (url: string, start: (url: string, later: Later) => Promise<Index>): Promise<Round> =>
  cleaningUp(async (later) => {
    const index = await start(url, later);
    const first = await index.read();
    const unchanged = await index.read();
    return { first, unchanged, memory: memoryOf(index.pid).most };
  });

function reportOf(rounds: Map<string, Round[]>): Report {
  const seconds = (name: string, which: 'first' | 'unchanged') =>
    rounds.get(name)!.map((round) => round[which].seconds);
  const rate = (name: string, which: 'first' | 'unchanged') => rows / median(seconds(name, which));
  const figuresOf = (name: string, which: 'first' | 'unchanged'): Record<string, Figure> => {
    const health = rounds.get(name)!.flatMap((round) => round[which].healthP99 ?? []);
    return {
      'rows a second': rate(name, which),
      slowest: rows / Math.max(...seconds(name, which)),
      fastest: rows / Math.min(...seconds(name, which)),
      'most memory, MB': median(rounds.get(name)!.map(({ memory }) => memory)),
      '/healthz meanwhile, p99, ms': health.length ? median(health) : '–',
    };
  };
  const kinds = ['first', 'unchanged'] as const;
  return {
    rows: Object.fromEntries(
      [...rounds.keys()].flatMap((name) =>
        kinds.map((which) => [`${name}: ${which}`, figuresOf(name, which)] as const),
      ),
    ),
    notes: [
      `${rows} lines of CSV by URL, medians of ${rounds.get(ours)!.length} rounds, in turns. Hookbell stores the rows, finds what has changed, counts tokens and makes all searchable by words, on disk, and serves meanwhile. LangChain's index, record manager and vector store are in memory, and its embedder makes up what it answers.`,
    ],
    targets: [
      {
        what: 'unchanged / first, rows a second',
        value: rate(ours, 'unchanged') / rate(ours, 'first'),
        atLeast: 10,
      },
    ],
    bars: kinds.map((which) => ({
      title: `Rows a second, CSV of ${rows.toLocaleString('en')} lines, ${which === 'first' ? 'first sync' : 'unchanged'}`,
      bars: [...rounds.keys()].map((name) => ({ name, value: rate(name, which), ours: name === ours })),
    })),
  };
}

async function hookbell(url: string, later: Later): Promise<Index> {
  const server = await startServer();
  later(server.stop);
  const bot = await server.api<{ id: string }>('POST', '/bots', { name: 'Shop' });
  const input = { name: 'Products', type: 'csv', config: { url } };
  let source: string | undefined;
  return {
    pid: server.program.child.pid!,
    read() {
      return watched(server, async () => {
        // The first sync begins with the source.
        if (source) await server.api('POST', `/data-sources/${source}/sync`);
        source ??= (await server.api<{ id: string }>('POST', `/bots/${bot.id}/data-sources`, input)).id;
        return source;
      });
    },
  };
}

async function langChainIndex(url: string, later: Later): Promise<Index> {
  const child = startChild(new URL('./langchainProcess.js', import.meta.url), { url });
  later(child.stop);
  await child.next();
  return {
    pid: child.pid,
    async read() {
      const began = performance.now();
      child.tell({ read: true });
      const { indexed } = await child.next<{ indexed: number }>();
      if (indexed !== rows) throw new Error(`${indexed} rows were indexed`);
      return { seconds: (performance.now() - began) / 1000 };
    },
  };
}

type Sync = { status: string; rows: { total: number } | null };

async function watched(server: BenchServer, start: () => Promise<string>): Promise<Reading> {
  const health: number[] = [];
  const began = performance.now();
  const source = await start();
  const ended = await soon(async () => {
    const asked = performance.now();
    await (await fetch(`${server.url}/healthz`)).text();
    health.push(performance.now() - asked);
    if (health.length % 20) return null;
    const { data } = await server.api<{ data: Sync[] }>('GET', `/data-sources/${source}/syncs?limit=1`);
    return data[0] && ['succeeded', 'failed'].includes(data[0].status) ? data[0] : null;
  });
  if (ended.status !== 'succeeded') throw new Error(`the sync ${ended.status}`);
  return { seconds: (performance.now() - began) / 1000, healthP99: percentile(health, 0.99) };
}

async function soon<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function serveCsv(later: Later): Promise<string> {
  const file = csv();
  const site = createServer((_req, res) => res.setHeader('Content-Type', 'text/csv').end(file));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  later(() => site.close());
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/products.csv`;
}

const csv = () =>
  ['sku,name,description']
    .concat(
      Array.from(
        { length: rows },
        (_, n) => `${n},Product ${n},"Is sent in ${n % 9} days, and lasts ${n % 7} years"`,
      ),
    )
    .join('\n');
