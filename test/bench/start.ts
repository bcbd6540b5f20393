import { cleaningUp } from '../support/cleanUp.js';
import { eventually } from '../support/eventually.js';
import { freePort, serve, temporaryFolder } from '../support/processes.js';
import { startArrivals } from './arrivals.js';
import { writeLog } from './backlog.js';
import { memoryOf } from './cpu.js';
import { median } from './figures.js';
import type { Options } from './options.js';
import type { Report } from './report.js';
import { startServer } from './server.js';

const webhooks = 10;
const idle = 5_000;
const draining = 20_000;

type Later = (stop: () => unknown) => void;

/** From the start of the process to `/readyz`, the memory of one that has nothing to do, and of one with a backlog. */
export async function startToReady({ rounds, waiting }: Options): Promise<Report> {
  const first: number[] = [];
  const again: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round++)
    await cleaningUp(async (later) => {
      const folder = temporaryFolder();
      first.push(await cleaningUp(async (soon) => (await started(folder, soon)).ms));
      const { ms, pid } = await started(folder, later);
      again.push(ms);
      await new Promise((resolve) => setTimeout(resolve, idle));
      memory.push(memoryOf(pid).now);
    });
  const most = await withBacklog(waiting);
  return {
    rows: {
      'first start, with all migrations, ms': { value: median(first) },
      'start, ms': { value: median(again) },
      [`memory ${idle / 1000} s later, MB`]: { value: median(memory) },
      [`most memory with ${waiting} waiting, MB`]: { value: most },
    },
    notes: [
      `SQLite; medians of ${rounds} starts. With the backlog: one start, and the most in its first ${draining / 1000} s, in which it delivers to ${webhooks} webhooks.`,
    ],
    targets: [
      { what: 'start to ready, ms', value: median(again), atMost: 3_000 },
      { what: `memory with ${waiting} waiting, MB`, value: most, atMost: 350 },
    ],
  };
}

/** As `npm start` runs it, once it is built. */
async function started(dataDir: string, later: Later): Promise<{ ms: number; pid: number }> {
  const port = await freePort();
  const began = performance.now();
  const { child, finished } = serve({
    PORT: port,
    DATA_DIR: dataDir,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'warn',
  });
  later(async () => {
    child.kill('SIGTERM');
    await finished;
  });
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await Promise.race([
    eventually('it is ready', isReady),
    finished.then(({ stderr, stdout }) => Promise.reject(new Error(`it ended: ${stdout}${stderr}`))),
  ]);
  return { ms: performance.now() - began, pid: child.pid! };
}

/** The most memory (MB) that it ever held. */
function withBacklog(waiting: number): Promise<number> {
  return cleaningUp(async (later) => {
    const arrivals = await startArrivals();
    later(arrivals.stop);
    const dataDir = temporaryFolder();
    const ids = await cleaningUp((soon) => furnished(dataDir, arrivals.url, soon));
    await writeLog(dataDir, ids, { finished: 0, waiting });
    const { pid } = await started(dataDir, later);
    await new Promise((resolve) => setTimeout(resolve, draining));
    return memoryOf(pid).most;
  });
}

async function furnished(dataDir: string, url: string, later: Later) {
  const { api, stop } = await startServer({ DATA_DIR: dataDir });
  later(stop);
  const bot = await api<{ id: string }>('POST', '/bots', { name: 'Shop' });
  const hooks: string[] = [];
  for (let n = 0; n < webhooks; n++) {
    const input = { type: 'conversation.started', targetUrl: `${url}/${n}` };
    hooks.push((await api<{ id: string }>('POST', `/bots/${bot.id}/webhooks`, input)).id);
  }
  return { bot: bot.id, hooks };
}
