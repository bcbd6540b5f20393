import { load } from 'cheerio';
import { parseFeed } from 'feedsmith';
import { decode } from './charset.js';
import { type Item, type Row, SourceError, type Surroundings } from './connector.js';
import type { Config } from './feed.js';
import { shortened } from './fields.js';
import { remember, remembered } from './memory.js';
import { readableIfHtml } from './readable.js';

// A feed becomes many times its size while it is parsed.
const mostBytes = 16 * 1024 * 1024;

export async function* read(
  config: Config,
  { fetch, memo, expect, signal }: Surroundings,
): AsyncGenerator<Item> {
  const before = remembered(config, memo);
  const answer = await fetch.read(config.url, { validators: before ?? {}, bytes: mostBytes, signal });
  if (answer.kind !== 'answer' || answer.digest === before?.digest) return yield { kind: 'all-same' };
  const entries = entriesIn(decode(answer.body, answer.charset ?? declaredIn(answer.body)), answer.url);
  expect(entries.length);
  for (const entry of entries) {
    const row = rowFrom(entry, answer.url);
    if (row) yield { kind: 'row', row };
  }
  yield { kind: 'memo', memo: remember(config, answer) };
}

type Entry = { key?: string; title?: string; content?: string; link?: string };

function rowFrom({ key, title, content, link }: Entry, base: string): Row | null {
  const heading = readableIfHtml(title ?? '');
  const body = readableIfHtml(content ?? '');
  const text = [heading, body].filter(Boolean).join('\n\n');
  if (!text) return null;
  const own = key ?? link;
  return {
    ...(own && { key: own }),
    title: shortened(heading || body),
    text,
    url: link && URL.canParse(link, base) ? webOnly(new URL(link, base)) : null,
  };
}

function entriesIn(text: string, url: string): Entry[] {
  const { format, feed } = parsed(text, url);
  switch (format) {
    case 'rss':
      return (feed.items ?? []).map(({ guid, title, link, content, description }) => ({
        key: guid?.value,
        title,
        content: content?.encoded ?? description,
        link: link ?? (guid?.isPermaLink === false ? undefined : guid?.value),
      }));
    case 'atom':
      return (feed.entries ?? []).map(({ id, title, content, summary, links = [] }) => ({
        key: id,
        title: title?.value,
        content: content?.value ?? summary?.value,
        link: (links.find(({ rel = 'alternate' }) => rel === 'alternate') ?? links[0])?.href,
      }));
    case 'rdf':
      return (feed.items ?? []).map(({ rdf, title, link, content, description }) => ({
        key: rdf?.about,
        title,
        content: content?.encoded ?? description,
        link,
      }));
    case 'json':
      return (feed.items ?? []).map(
        ({ id, title, content_html, content_text, summary, url, external_url }) => ({
          key: id,
          title,
          content: content_html ?? content_text ?? summary,
          link: url ?? external_url,
        }),
      );
  }
}

function parsed(text: string, url: string): ReturnType<typeof parseFeed> {
  try {
    return parseFeed(text);
  } catch (error) {
    const named = feedsNamedBy(text, url);
    if (named.length) throw new SourceError(`this is a web page; the feeds it names are ${named.join(', ')}`);
    throw new SourceError(`this is no feed that can be read: ${(error as Error).message}`);
  }
}

function feedsNamedBy(html: string, url: string): string[] {
  const $ = load(html);
  const links = $('link[rel~=alternate][type*=rss], link[rel~=alternate][type*=atom]').toArray();
  return links
    .map((link) => $(link).attr('href') ?? '')
    .filter((href) => URL.canParse(href, url))
    .map((href) => new URL(href, url).href);
}

/** The charset an XML declaration names. */
function declaredIn(bytes: Buffer): string | null {
  return (
    /^\s*<\?xml[^>]*\sencoding=["']([\w-]+)/.exec(bytes.subarray(0, 200).toString('latin1'))?.[1] ?? null
  );
}

function webOnly({ protocol, href }: URL): string | null {
  return /^https?:$/.test(protocol) ? href : null;
}
