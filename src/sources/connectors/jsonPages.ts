import type { Answer, Ask } from '../../net/fetch.js';
import { type Item, SourceError, type Surroundings } from './connector.js';
import type { Config } from './json.js';
import { at, itemsOf, nearestTo, parseJson } from './jsonItems.js';
import { remember, remembered } from './memory.js';

const mostPages = 1000;

export async function* read(config: Config, around: Surroundings): AsyncGenerator<Item> {
  const before = remembered(config, around.memo);
  const first = await ask(config.url, config, around, before);
  if (first.kind !== 'answer' || first.digest === before?.digest) return yield { kind: 'all-same' };
  let pages = 0;
  let items = 0;
  let failed = false;
  for await (const value of pagesFrom(first, config, around)) {
    pages++;
    for (const item of itemsOf(value, { ...config, before: items, remark: around.remark })) {
      items++;
      failed ||= item.kind === 'failed';
      yield item;
    }
    around.expect(items);
  }
  // An unchanged first page says nothing of the others.
  if (pages === 1 && !failed) yield { kind: 'memo', memo: remember(config, first) };
}

type Page = Extract<Answer<Buffer>, { kind: 'answer' }>;

async function* pagesFrom(first: Page, config: Config, around: Surroundings): AsyncGenerator<unknown> {
  const seen = new Set([config.url, first.url]);
  for (let page = first; ; ) {
    if (page.type === 'text/html')
      throw new SourceError('the address answers with a web page, not with JSON');
    const value = parseJson(page.body, page.charset);
    yield value;
    if (config.nextPath && page === first && at(value, config.nextPath) === undefined)
      around.remark?.(isOnlyPage(value, config.nextPath));
    const next = nextOf(value, page, config.nextPath);
    // Some name the last page as the one after it.
    if (!next || seen.has(next)) return;
    if (seen.size > mostPages) throw new SourceError(`there are more than ${mostPages} pages`);
    seen.add(next);
    page = (await ask(next, config, around)) as Page;
  }
}

function ask(
  url: string,
  config: Config,
  { fetch, signal }: Surroundings,
  validators: Ask['validators'] | null = null,
) {
  const isHome = new URL(url).origin === new URL(config.url).origin;
  const headers = { accept: 'application/json', ...(isHome && config.headers) };
  return fetch.read(url, { headers, signal, ...(validators && { validators }) });
}

function nextOf(value: unknown, { url, headers }: Page, nextPath: string | undefined): string | null {
  const next = nextPath === undefined ? linkedNext(String(headers.link ?? '')) : at(value, nextPath);
  if (!next) return null;
  if (typeof next !== 'string' || !URL.canParse(next, url))
    throw new SourceError(`“${nextPath}” holds ${JSON.stringify(next)}, which is not the address of a page`);
  return new URL(next, url).href;
}

function isOnlyPage(value: unknown, nextPath: string): string {
  return `There is nothing at “${nextPath}”, so this is taken for the only page; ${nearestTo(nextPath, value)}.`;
}

function linkedNext(header: string): string | undefined {
  const links = header.split(/,\s*(?=<)/).map((link) => /^\s*<([^>]*)>(.*)$/.exec(link));
  return links.find((link) => link && /;\s*rel="?([^";]*\s)?next[\s";]?/i.test(link[2]!))?.[1];
}
