import { startChild } from '../support/child.js';
import { cleaningUp } from '../support/cleanUp.js';
import { writeLog } from './backlog.js';
import { median, percentile } from './figures.js';
import type { Options } from './options.js';
import type { Report } from './report.js';
import { type BenchServer, startServer } from './server.js';
import { signedIn } from './signedIn.js';

const waiting = 100_000;
/** How long the pages are asked for, in ms. */
const ms = 4_000;

type Took = Record<string, number[]>;

/** How long pages and the API take, in ms, one after another: where nothing else is done, and while a backlog goes out. */
export async function pagesWhileItDelivers({ rounds }: Options): Promise<Report> {
  const measured: { alone: Took; busy: Took }[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await aRound());
  const over = (figure: (took: number[]) => number, when: 'alone' | 'busy', name: string) =>
    median(measured.map((round) => figure(round[when][name]!)));
  const rows = Object.keys(measured[0]!.alone).map((name) => [
    name,
    {
      'alone, p50': over(median, 'alone', name),
      'delivering, p50': over(median, 'busy', name),
      'delivering, p99': over((took) => percentile(took, 0.99), 'busy', name),
    },
  ]);
  return {
    rows: Object.fromEntries(rows),
    notes: [`ms; SQLite, ${waiting} that wait for one webhook; medians of ${rounds} rounds.`],
  };
}

const aRound = () =>
  cleaningUp(async (later) => {
    const receiver = startChild(new URL('./arrivalsProcess.js', import.meta.url), { keeps: false });
    later(receiver.stop);
    const { port } = await receiver.next<{ port: number }>();
    const server = await startServer();
    later(server.stop);
    const ids = await furnish(server, `http://127.0.0.1:${port}`);
    const paths = {
      'API: bot': `/api/v1/bots/${ids.bot}`,
      'API: deliveries': `/api/v1/webhooks/${ids.hooks[0]}/deliveries`,
      dashboard: '/app',
      'bot: overview': `/app/bots/${ids.bot}`,
      webhook: `/app/webhooks/${ids.hooks[0]}`,
    };
    const get = await signedIn(server);
    const alone = await ask(paths, get);
    await writeLog(server.dataDir, ids, { finished: 0, waiting });
    const busy = await ask(paths, get);
    const list = `/webhooks/${ids.hooks[0]}/deliveries?status=pending`;
    const { data } = await server.api<{ data: unknown[] }>('GET', list);
    if (data.length === 0) throw new Error('all of it went out before the pages were measured');
    return { alone, busy };
  });

async function furnish({ api }: BenchServer, targetUrl: string) {
  const { id: bot } = await api<{ id: string }>('POST', '/bots', { name: 'Shop' });
  const input = { type: 'conversation.started', targetUrl };
  const { id } = await api<{ id: string }>('POST', `/bots/${bot}/webhooks`, input);
  return { bot, hooks: [id] };
}

async function ask(paths: Record<string, string>, get: (path: string) => Promise<unknown>): Promise<Took> {
  const took: Took = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
  const until = performance.now() + ms;
  while (performance.now() < until)
    for (const [name, path] of Object.entries(paths)) {
      const began = performance.now();
      await get(path);
      took[name]!.push(performance.now() - began);
    }
  return took;
}
