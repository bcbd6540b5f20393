import type { Knex } from 'knex';
import { openDatabase } from '../../src/database.js';
import { claim, dueWebhooks } from '../../src/outbox/claim.js';
import { temporaryFolder } from '../support/processes.js';
import { writeLog } from './backlog.js';
import { median } from './figures.js';
import type { Report } from './report.js';
import { type BenchServer, startServer } from './server.js';
import { signedIn } from './signedIn.js';

const finished = 1_000_000;
const waiting = 1_000_000;
/** The claims of a database with so many are what those with all the others are compared with. */
const fewWaiting = 10_000;
const webhooks = 20;
const rounds = 15;
const claims = 101;

type Times = { p50: number; max: number };

/**
 * A million finished deliveries and a million that wait: how long the claim query, each page and each list of the API
 * take, in ms, and the claim query where 10,000 wait and nothing else is there. Half of all is of one webhook, and the
 * receiver of those that wait is paused, so that they stay.
 */
export async function flatness(): Promise<Report> {
  const large = await aLog({ finished, waiting });
  const small = await aLog({ finished: 0, waiting: fewWaiting });
  const { inLarge, inSmall } = await claimTimes(large, small);
  const server = await startServer({ DATA_DIR: large.dataDir });
  try {
    const { ids } = large;
    const get = await signedIn(server);
    const took: Record<string, Times> = {
      ...inLarge,
      [`claim 64, where ${fewWaiting.toLocaleString('en')} wait`]: inSmall,
    };
    for (const [name, path] of Object.entries(await pages(server, ids)))
      took[name] = await times(() => get(path));
    return {
      rows: took,
      notes: [
        `ms; ${finished} finished deliveries and ${waiting} that wait, SQLite, ${rounds} times each; claims ${claims} times, in turns.`,
      ],
      targets: [
        {
          what: `rate of claims with ${waiting.toLocaleString('en')} waiting / with ${fewWaiting.toLocaleString('en')}`,
          value: inSmall.p50 / inLarge['claim 64']!.p50,
          atLeast: 0.9,
        },
        {
          what: 'pages and lists slower than 50 ms',
          value: Object.entries(took).filter(([name, { max }]) => max > 50 && !name.startsWith('claim'))
            .length,
          atMost: 0,
        },
      ],
    };
  } finally {
    await server.stop();
  }
}

type Ids = { bot: string; hooks: string[] };
type Log = { dataDir: string; ids: Ids };

async function aLog(counts: { finished: number; waiting: number }): Promise<Log> {
  const dataDir = temporaryFolder();
  const server = await startServer({ DATA_DIR: dataDir });
  const ids = await furnish(server);
  await server.stop();
  await writeLog(dataDir, ids, counts);
  return { dataDir, ids };
}

async function furnish({ api }: BenchServer): Promise<Ids> {
  const bot = (await api<{ id: string }>('POST', '/bots', { name: 'Shop' })).id;
  const hooks: string[] = [];
  for (let n = 0; n < webhooks; n++) {
    const input = { type: 'conversation.started', targetUrl: `http://127.0.0.1:9/${n}` };
    const hook = await api<{ id: string }>('POST', `/bots/${bot}/webhooks`, input);
    await api('POST', `/webhooks/${hook.id}/pause`);
    hooks.push(hook.id);
  }
  return { bot, hooks };
}

/** In a process of its own, both databases in turns, and rolled back each time: 64 of four webhooks, as the courier takes them. */
async function claimTimes(large: Log, small: Log) {
  const [one, other] = [openDatabase({ dataDir: large.dataDir }), openDatabase({ dataDir: small.dataDir })];
  const at = Date.now();
  const took = { large: [] as number[], small: [] as number[] };
  try {
    for (let round = 0; round <= claims; round++) {
      const [inLarge, inSmall] = [
        await claimTime(one.db, large.ids, at),
        await claimTime(other.db, small.ids, at),
      ];
      // The first ones fill the caches.
      if (round === 0) continue;
      took.large.push(inLarge);
      took.small.push(inSmall);
    }
    return {
      inLarge: { 'claim 64': summed(took.large), 'due webhooks': await times(() => dueWebhooks(one.db, at)) },
      inSmall: summed(took.small),
    };
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

async function claimTime(db: Knex, { hooks }: Ids, at: number): Promise<number> {
  const wants = hooks.slice(0, 4).map((webhookId) => ({ webhookId, limit: 16 }));
  const began = performance.now();
  const tx = await db.transaction();
  const taken = await claim(tx, wants, { token: 'bench', until: at + 30_000 }, at);
  await tx.rollback();
  if (taken.length !== 64) throw new Error(`${taken.length} were claimed`);
  return performance.now() - began;
}

async function pages({ api }: BenchServer, { bot, hooks }: Ids): Promise<Record<string, string>> {
  const [hook] = hooks;
  const page = `/app/webhooks/${hook}`;
  const list = `/api/v1/webhooks/${hook}/deliveries?limit=50`;
  type Page = { data: { id: string }[]; nextCursor: string | null };
  const statuses = ['pending', 'sending', 'delivered', 'failed'];
  const newest = await api<Page>('GET', `/webhooks/${hook}/deliveries?status=delivered`);
  const deep = Buffer.from(JSON.stringify([10_000])).toString('base64url');
  return {
    dashboard: '/app',
    'bot: webhooks': `/app/bots/${bot}/webhooks`,
    'bot: overview': `/app/bots/${bot}`,
    webhook: page,
    ...Object.fromEntries(statuses.map((status) => [`webhook: ${status}`, `${page}?status=${status}`])),
    'webhook: an old page': `${page}?cursor=${deep}`,
    'webhook: delete': `${page}/delete`,
    delivery: `/app/deliveries/${newest.data[0]!.id}`,
    'API: deliveries': list,
    ...Object.fromEntries(statuses.map((status) => [`API: ${status}`, `${list}&status=${status}`])),
    'API: an old page': `${list}&cursor=${deep}`,
    'API: delivery': `/api/v1/deliveries/${newest.data[0]!.id}`,
    '/metrics': '/metrics',
    ...more(bot, hook!),
  };
}

/** Of these, a version without them answers 404, which is left out. */
const more = (bot: string, hook: string): Record<string, string> => ({
  'API: events': '/api/v1/events?limit=50',
  'bot: events': `/app/bots/${bot}/events`,
  'webhook: replay': `/app/webhooks/${hook}/replay`,
  'figures of all': '/app/figures.json',
  'figures of a webhook': `/app/webhooks/${hook}/figures.json`,
});

async function times(ask: () => Promise<unknown>): Promise<Times> {
  await ask();
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await ask();
    took.push(performance.now() - began);
  }
  return summed(took);
}

function summed(took: number[]): Times {
  const rounded = (ms: number) => Math.round(ms * 100) / 100;
  return { p50: rounded(median(took)), max: rounded(Math.max(...took)) };
}
