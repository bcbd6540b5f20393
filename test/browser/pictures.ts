import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { commandLine } from '../../src/accounts/actor.js';
import { caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { password } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { spareParts, startShop } from './shop.js';

// Takes the pictures of the README: a real instance whose last three days pass in a few seconds.

const folder = join(import.meta.dirname, '../../../public/docs');
const mostBytes = 200_000;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const running = await startHookbell({
  env: {
    PUBLIC_URL: 'http://localhost:3000',
    RETRY_SCHEDULE: '5s,5m,30m',
    OUTBOUND_ALLOW: '127.0.0.1,localhost',
  },
});
running.pass(-3 * day);
const [site, receiver] = [await startShop(), await startReceiver(9000)];
try {
  const { pages, email } = await threeDays(running, receiver);
  await takePictures(pages, email);
} finally {
  await Promise.all([running.stop(), site.close(), receiver.close()]);
}

async function threeDays({ hookbell, pass }: Running, receiver: Receiver) {
  const { accounts, deps } = hookbell;
  const email = 'ada@example.com';
  const ada = await accounts.createUser(
    { email, name: 'Ada', role: 'admin', password },
    commandLine,
    deps.clock(),
  );
  const key = await accounts.createApiKey(ada, 'CMS', ada, deps.clock());
  const api = caller(running.url, key);
  const made = async (path: string, body: object) => (await api.post(path, body)).body;

  const bot = (await made('/bots', { name: 'Help desk' })).id;
  const other = (await made('/bots', { name: 'Shop assistant' })).id;
  const source = async (
    name: string,
    type: string,
    config: object,
    schedule: string | null = null,
    of = bot,
  ) => (await made(`/bots/${of}/data-sources`, { name, type, config, schedule })).id as string;
  const entries = [
    { title: 'When are you open?', text: 'Monday to Friday, 9 to 17 o’clock.' },
    { title: 'Do you repair?', text: 'Yes, everything that we sell, in our own workshop.' },
  ];
  await source('Opening hours', 'text', { entries });
  await source('Opening hours', 'text', { entries }, null, other);
  await source('Shop news', 'feed', { url: `${site.origin}/news.xml` });
  const parts = await source('Spare parts', 'csv', { keyColumn: 'sku' });
  await addParts(spareParts);
  const website = await source('Help centre', 'website', {
    url: `${site.origin}/`,
    exclude: ['/internal/**'],
  });
  await settled();

  const target = (path: string) => ({ targetUrl: `${receiver.url}${path}` });
  const heard = (await made(`/bots/${bot}/webhooks`, { type: 'sync.success', ...target('/crm') })).id;
  const failed = { type: 'sync.failure', ...target('/tickets') };
  const unheard = (await made(`/bots/${bot}/webhooks`, failed)).id;
  const trigger = await made(`/bots/${bot}/webhooks`, { type: 'sync.trigger', dataSourceId: website });

  async function addParts(text: string): Promise<void> {
    await fetch(`${running.url}/api/v1/data-sources/${parts}/files`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}` },
      body: withFile('spare-parts.csv', text),
    });
  }
  async function sourcesOf(id: string): Promise<{ status: string }[]> {
    return (await api.get(`/bots/${id}/data-sources`)).body.data;
  }
  async function settled(): Promise<void> {
    await eventually('nothing runs', async () => {
      const all = [...(await sourcesOf(bot)), ...(await sourcesOf(other))];
      return all.every(({ status }) => status === 'synced' || status === 'failed');
    });
  }
  const called = () => fetch(running.url + new URL(trigger.url).pathname, { method: 'POST' });
  const latest = (status: string, attempts: number, of = heard): Promise<string> =>
    eventually(`${attempts} attempts, and it is ${status}`, async () => {
      const [first] = (await api.get(`/webhooks/${of}/deliveries`)).body.data;
      return first?.status === status && first.attempts === attempts && (first.id as string);
    });
  const answerWith = (status: number, type: string, text: string) =>
    receiver.answer((_req, res) => {
      // The receiver lives today, the pictures in the last three days.
      res.sendDate = false;
      res.writeHead(status, { 'Content-Type': type }).end(text);
    });
  const down = () => answerWith(503, 'text/plain', 'Back in a moment.');
  const up = () => answerWith(200, 'application/json', '{"received":true}');

  up();
  pass(13 * hour);
  await called();
  await latest('delivered', 1);
  await settled();

  pass(11 * hour);
  down();
  await called();
  await latest('pending', 1);
  pass(7_000);
  await latest('pending', 2);
  up();
  pass(6 * minute);
  const retried = await latest('delivered', 3);
  await settled();

  pass(5 * hour);
  await addParts(`${spareParts}MW-330,Wheel,Mower 42,11.50\n`);
  await latest('delivered', 1);
  await settled();

  pass(17 * hour);
  down();
  await api.post(`/data-sources/${website}/sync`);
  for (const [attempts, wait] of [
    [1, 7_000],
    [2, 6 * minute],
    [3, 34 * minute],
  ] as const) {
    await latest('pending', attempts);
    pass(wait);
  }
  await latest('failed', 4);
  await settled();

  pass(9 * hour);
  up();
  site.pages['/delivery'] = String(site.pages['/delivery']).replace('50 euros', '40 euros');
  await called();
  await latest('delivered', 1);
  await settled();

  pass(12 * hour);
  await api.post(`/webhooks/${heard}/test`);
  await latest('delivered', 1);

  pass(Date.now() - deps.clock() - 4 * minute);
  await api.patch(`/data-sources/${website}`, { schedule: 'daily' });
  await called();
  await latest('delivered', 1);
  await settled();
  down();
  await source('Partner catalogue', 'feed', { url: `${site.origin}/partners.xml` });
  await latest('pending', 1, unheard);
  pass(Date.now() - deps.clock());
  await settled();

  const pages = {
    dashboard: '/app',
    'data-source': `/app/data-sources/${website}`,
    trigger: `/app/webhooks/${trigger.id}`,
    deliveries: `/app/webhooks/${heard}`,
    delivery: `/app/deliveries/${retried}`,
  };
  return { pages, email };
}

function withFile(name: string, text: string): FormData {
  const form = new FormData();
  form.set('file', new Blob([text]), name);
  return form;
}

async function takePictures(pages: Record<string, string>, email: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext({
      baseURL: running.url,
      viewport: { width: 1280, height: 800 },
      deviceScaleFactor: 1.4,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto('/login');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    mkdirSync(folder, { recursive: true });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(path);
      await eventually('the charts are drawn', () =>
        page.evaluate<boolean>(`[...document.querySelectorAll('canvas')].every((canvas) =>
          canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0))`),
      );
      // Of a delivery, its attempts.
      await page.evaluate(
        `[...document.querySelectorAll('.attempt')].at(-1)?.scrollIntoView({ block: 'end', behavior: 'instant' })`,
      );
      const picture = await page.screenshot();
      if (picture.length > mostBytes) throw new Error(`${name}.png has ${picture.length} bytes`);
      writeFileSync(join(folder, `${name}.png`), picture);
      console.log(`public/docs/${name}.png: ${picture.length} bytes`);
    }
  } finally {
    await browser.close();
  }
}
