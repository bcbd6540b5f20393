import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../src/database.js';
import { claim, dueWebhooks } from '../../src/outbox/claim.js';
import { cli, temporaryFolder } from '../support/processes.js';
import { median } from './figures.js';
import { type BenchServer, startServer } from './server.js';

const finished = 1_000_000;
const waiting = 200_000;
const webhooks = 20;
const rounds = 15;
const day = 86_400_000;
const email = 'bench@example.com';
const password = 'a password for the bench';

type Times = { p50: number; max: number };

/**
 * A million finished deliveries and 200,000 that wait: how long the claim query, each page and each list of the API
 * take, in ms. Half of all is of one webhook, and the receiver of those that wait is paused, so that they stay.
 */
export async function flatness() {
  const dataDir = temporaryFolder();
  const first = await startServer({ DATA_DIR: dataDir });
  const ids = await furnish(first);
  await first.stop();
  await fill(dataDir, ids);
  const claims = await claimTimes(dataDir, ids);
  const server = await startServer({ DATA_DIR: dataDir });
  try {
    const get = await signedIn(server);
    const took: Record<string, Times> = { ...claims };
    for (const [name, path] of Object.entries(await pages(server, ids)))
      took[name] = await times(() => get(path));
    const slow = Object.entries(took).filter(([, { max }]) => max > 50);
    console.table(took);
    return { finished, waiting, slowerThan50ms: slow.map(([name]) => name) };
  } finally {
    await server.stop();
  }
}

type Ids = { bot: string; hooks: string[] };

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

/** Every second one of the first webhook, the others of the rest; one in ten of what is over failed. */
async function fill(dataDir: string, { bot, hooks }: Ids): Promise<void> {
  const { db, close } = openDatabase({ dataDir });
  const now = Date.now();
  const all = finished + waiting;
  const body = JSON.stringify({
    event: 'conversation.started',
    conversation: { id: randomUUID(), botId: bot },
  });
  const hook = `CASE WHEN n % 2 = 0 THEN '${hooks[0]}' ELSE (SELECT value FROM json_each('${JSON.stringify(hooks)}') WHERE key = (n / 2) % ${webhooks}) END`;
  // Those that wait are the latest, and a month passes from the first one to the last.
  const created = `${now - 29 * day} + n * ${Math.floor((29 * day) / all)}`;
  const isOver = `n <= ${finished}`;
  for (let from = 1; from <= all; from += 100_000) {
    const to = Math.min(all, from + 99_999);
    const numbers = `WITH RECURSIVE numbers(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to})`;
    await db.transaction(async (tx) => {
      await tx.raw(
        `${numbers} INSERT INTO events (seq, bot_id, type, subject, body, test, created_at)
         SELECT n, ?, 'conversation.started', 'c' || n, ?, 0, ${created} FROM numbers`,
        [bot, body],
      );
      await tx.raw(
        `${numbers} INSERT INTO deliveries (seq, id, event_seq, webhook_id, subject, status, attempts, next_attempt_at, created_at, finished_at)
         SELECT n, 'msg_' || printf('%032d', n), n, ${hook}, 'c' || n,
           CASE WHEN ${isOver} THEN iif(n % 10 = 4, 'failed', 'delivered') ELSE 'pending' END, iif(${isOver}, 1, 0),
           iif(${isOver}, NULL, ${created}), ${created}, iif(${isOver}, ${created} + 200, NULL)
         FROM numbers`,
      );
      await tx.raw(
        `${numbers} INSERT INTO attempts (delivery_seq, attempt, started_at, duration_ms, url, status, request_headers, response_headers, response_body, truncated)
         SELECT n, 1, ${created}, 20, 'https://example.com/', iif(n % 10 = 4, 500, 200), ?, '{}', 'ok', 0
         FROM numbers WHERE ${isOver}`,
        [
          JSON.stringify({
            'webhook-timestamp': String(Math.floor(now / 1000)),
            'webhook-signature': 'v1,x',
          }),
        ],
      );
    });
  }
  await db.raw('PRAGMA wal_checkpoint(TRUNCATE)');
  await close();
}

/** In a process of its own and rolled back each time: 64 of four webhooks, as the courier takes them. */
async function claimTimes(dataDir: string, { hooks }: Ids): Promise<Record<string, Times>> {
  const { db, close } = openDatabase({ dataDir });
  const at = Date.now();
  const lease = { token: 'bench', until: at + 30_000 };
  const wants = hooks.slice(0, 4).map((webhookId) => ({ webhookId, limit: 16 }));
  try {
    return {
      'claim 64': await times(async () => {
        const tx = await db.transaction();
        const taken = await claim(tx, wants, lease, at);
        await tx.rollback();
        if (taken.length !== 64) throw new Error(`${taken.length} were claimed`);
      }),
      'due webhooks': await times(() => dueWebhooks(db, at)),
    };
  } finally {
    await close();
  }
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

/** Asks as an admin who has signed in, or by the API. */
async function signedIn({ url, dataDir }: BenchServer): Promise<(path: string) => Promise<unknown>> {
  const key = (await cli(['api-key', 'create', '--email', email], { DATA_DIR: dataDir })).stdout.trim();
  const login = await fetch(`${url}/login`);
  const cookie = (answer: Response) =>
    answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  const token = /name="_csrf" value="([^"]+)"/.exec(await login.text())![1]!;
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Cookie: cookie(login) },
    body: new URLSearchParams({ email, password, _csrf: token }),
  });
  const headers = { Cookie: cookie(answer), Authorization: `Bearer ${key}` };
  return async (path) => {
    const page = await fetch(url + path, { headers, redirect: 'manual' });
    await page.text();
    if (page.status !== 200 && page.status !== 404) throw new Error(`${path}: ${page.status}`);
  };
}

async function times(ask: () => Promise<unknown>): Promise<Times> {
  await ask();
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await ask();
    took.push(performance.now() - began);
  }
  const rounded = (ms: number) => Math.round(ms * 10) / 10;
  return { p50: rounded(median(took)), max: rounded(Math.max(...took)) };
}
