import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { openContext, signIn } from '../support/browser.js';
import { realAddress } from './addresses.js';
import type { House } from './house.js';
import { stated } from './routes.js';

/** Runs, if it is not escaped: out of an attribute, a title, a text area, a script and a comment. */
const payload = `'"></title></textarea></script>--><x-hit onclick=hit()></x-hit><img src=x onerror=hit()><script>hit()</script>`;
const address = 'javascript:hit()';

/** Text that only we write, by column or `table.column`. All other text is poisoned, that of new columns too. */
const ours = new Set(
  `type status state kind trigger role action sender channel_type schedule method outcome answer ended secret
   signature signing_secret previous_signing_secret password_hash email sid sess value memo lease_token pause_reason token
   rule hash token_hash address_hash request bot_key pairs results config
   webhooks.headers receiver_requests.headers receiver_requests.body idempotency_keys.key migrations.name
   settings.name sqlite_sequence.name rows.url`.split(/\s+/),
);
const isOurs = (table: string, column: string) =>
  /(^|_)(id|by)$/.test(column) || ours.has(column) || ours.has(`${table}.${column}`);

/** Texts that become the address of a link. */
const linked = new Set(['attempts.url', 'webhooks.target_url']);

export function storedScripts(
  room: () => House,
  browser: () => Browser,
  { everyPage }: { everyPage: boolean },
): void {
  describe('what people and machines have written', () => {
    let pages: string[];
    before(async () => {
      const house = room();
      await fetch(house.receiverUrl, {
        method: 'POST',
        headers: { 'X-Said': payload, 'Content-Type': payload, 'User-Agent': payload },
        body: payload,
      });
      const entries = [{ title: payload, text: payload }];
      await house.api.patch(`/data-sources/${house.sources.text}`, { config: { entries } });
      await poison(house);
      pages = [
        ...stated
          .filter(
            ({ method, path }) =>
              method === 'GET' && path.startsWith('/app') && !/\/live$|\.(csv|json)$/.test(path),
          )
          .map((route) => realAddress(house, route)),
        `/app/conversations/${house.claimed}`,
        `/app/conversations/${house.visitors.ours.id}`,
        `/app/data-sources/${house.sources.text}`,
        `/app/data-sources/${house.sources.text}/edit`,
        '/app/search?q=open',
        '/app/search?q=hit',
        `/app/bots/${house.bot}/conversations?q=hit`,
        `/app/receivers/${house.receiver}/requests/2`,
        `/chat/${house.bot}`,
        ...['/app', '/login', '/app/no-such-page'].map(
          (path) => `${path}?next=${address}&q=${encodeURIComponent(payload)}`,
        ),
      ];
    });
    it('is text on every page', async () => {
      const { admin } = room();
      for (const path of pages) {
        const { $, status, text } = await admin.get(path);
        expect(status, `${path}: ${$('main').text()}`).to.be.below(500);
        const alive = $(
          'x-hit, [onclick], [onerror], img[src=x], script:not([src]):not([type$=json]), [href^="javascript:" i], [src^="javascript:" i], [action^="javascript:" i]',
        );
        expect(alive.length, `${path}: ${$.html(alive.first())}`).to.equal(0);
        expect(text, path).not.to.match(/\[object Object\]/);
      }
    });

    it('runs in no browser, even where the Content-Security-Policy would not stop it', async () => {
      const { running, admin, bot, visitors } = room();
      const { context, page } = await openContext(browser(), { baseURL: running.url, bypassCSP: true });
      const hits: string[] = [];
      await context.exposeFunction('hit', () => void hits.push(page.url()));
      await context.route(/\.(css|woff2?)(\?|$)/, (route) => route.abort());
      await signIn(page, admin);
      const rich =
        /\/app\/?$|inbox|conversations\/|\/edit|event-types|receivers\/|deliveries\/|webhooks\/[^/]+$|chat/;
      for (const path of everyPage ? pages : pages.filter((one) => rich.test(one)).slice(0, 8)) {
        await page.goto(path, { waitUntil: 'domcontentloaded' });
      }
      // The chat is drawn by a script, from JSON.
      await page.goto(`/chat/${bot}`);
      const { id, token } = visitors.ours;
      const kept = [`hookbell:${bot}`, JSON.stringify({ id, token })].map((text) => JSON.stringify(text));
      await page.evaluate(`localStorage.setItem(${kept})`);
      await page.reload();
      await page.getByRole('log').getByText('hit()').first().waitFor();
      expect(hits).to.deep.equal([]);
      // Otherwise nothing was tested: what is not escaped does run.
      await page.setContent(payload);
      await page.waitForFunction('document.querySelector("x-hit")');
      expect(hits.length).to.be.greaterThan(0);
      await context.close();
    });
  });
}

/** Writes the payload behind every text that somebody else may have written. */
async function poison({ db }: House): Promise<void> {
  const columns: { table: string; column: string }[] = await db.raw(
    `SELECT m.name AS "table", p.name AS "column" FROM sqlite_master m, pragma_table_info(m.name) p
     WHERE m.type = 'table' AND m.name NOT LIKE 'documents_search%' AND p.type IN ('TEXT', 'varchar(255)')`,
  );
  for (const { table, column } of columns.filter(({ table, column }) => !isOurs(table, column))) {
    const rows: { rowid: number; text: string }[] = await db(table)
      .select({ rowid: 'rowid', text: column })
      .whereNotNull(column);
    for (const { rowid, text } of rows) {
      const poisoned = linked.has(`${table}.${column}`) ? address : withPayload(text);
      await db(table)
        .where({ rowid })
        .update({ [column]: poisoned });
    }
  }
  await db.raw("INSERT INTO documents_search (documents_search) VALUES ('rebuild')");
}

function withPayload(text: string): string {
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === 'object') return JSON.stringify(leaves(value));
  } catch {
    // Not JSON: a text.
  }
  return text + payload;
}

function leaves(value: unknown): unknown {
  if (typeof value === 'string') return value + payload;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(leaves);
  // That of the request is a number that only we write.
  const poisoned = ([name, inner]: [string, unknown]) => [
    name,
    name === 'webhook-timestamp' ? inner : leaves(inner),
  ];
  return Object.fromEntries(Object.entries(value).map(poisoned));
}
