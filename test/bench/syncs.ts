import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { percentile } from './figures.js';
import type { Report } from './report.js';
import { type BenchServer, startServer } from './server.js';

const rows = 100_000;

type Sync = { id: string; status: string; added: number; durationMs: number | null };

/** A CSV file of 100,000 lines by URL, read for the first time and again unchanged, and what `GET /healthz` takes meanwhile, in ms. */
export async function syncOfCsv(): Promise<Report> {
  const site = createServer((_req, res) => res.setHeader('Content-Type', 'text/csv').end(csv()));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const server = await startServer();
  try {
    const idle = server.peakMemory();
    const bot = await server.api<{ id: string }>('POST', '/bots', { name: 'Shop' });
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/products.csv`;
    const source = await server.api<{ id: string }>('POST', `/bots/${bot.id}/data-sources`, {
      name: 'Products',
      type: 'csv',
      config: { url },
    });
    const first = await watched(server, source.id);
    await server.api('POST', `/data-sources/${source.id}/sync`);
    const again = await watched(server, source.id);
    return {
      rows: { first, unchanged: again },
      notes: [
        `${rows} lines of CSV by URL, SQLite; ${Math.round(idle)} MB before, ${Math.round(server.peakMemory())} MB at most.`,
      ],
      targets: [
        {
          what: 'unchanged / first, rows a second',
          value: again.rowsASecond / first.rowsASecond,
          atLeast: 10,
        },
      ],
    };
  } finally {
    await server.stop();
    site.close();
  }
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

async function watched(server: BenchServer, source: string) {
  const health: number[] = [];
  const began = performance.now();
  const ended = await soon(async () => {
    const asked = performance.now();
    await (await fetch(`${server.url}/healthz`)).text();
    health.push(performance.now() - asked);
    if (health.length % 20) return null;
    const { data } = await server.api<{ data: Sync[] }>('GET', `/data-sources/${source}/syncs?limit=1`);
    return data[0] && ['succeeded', 'failed'].includes(data[0].status) ? data[0] : null;
  });
  const seconds = (performance.now() - began) / 1000;
  return { status: ended.status, seconds, rowsASecond: rows / seconds, healthP99: percentile(health, 0.99) };
}

async function soon<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
