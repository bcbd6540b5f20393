import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { XMLToSitemapIndexStream, XMLToSitemapItemStream } from 'sitemap';
import { decode } from '../charset.js';
import { SourceError } from '../connector.js';
import { linkedAddress } from './address.js';
import type { Asides } from './asides.js';

const mostSitemaps = 500;
const mostBytes = 50 * 1024 * 1024;
const unzipped = promisify(gunzip);

/** `beyond` hears of the pages, and the sitemaps, that are named when there are `most` pages already. */
type Limits = { most: number; wants: (address: string) => boolean; beyond: (address: string) => void };

/**
 * The addresses of pages in sitemaps and in those they name (sitemaps.org), compressed or not, in their
 * order. A sitemap that cannot be read fails: its pages would seem to be gone. `arrive` hears where the first
 * one was found in the end.
 */
export async function addressesIn(
  sitemaps: readonly string[],
  asides: Asides,
  { most, wants, beyond, arrive }: Limits & { arrive: (url: string) => Promise<void> },
): Promise<{ pages: string[]; named: number }> {
  const queue = [...new Set(sitemaps)];
  const pages = new Set<string>();
  const named = new Set<string>();
  let read = 0;
  for (; read < queue.length && pages.size < most; read++) {
    if (read >= mostSitemaps) throw new SourceError(`there are more than ${mostSitemaps} sitemaps`);
    const sitemap = queue[read]!;
    const { url, value } = await asides.read(sitemap, async ({ body, charset }) =>
      contents(decode(await plain(body), charset), sitemap),
    );
    if (read === 0) await arrive(url);
    const linked = value.addresses
      .map((address) => linkedAddress(address, url))
      .filter((link) => link !== null);
    if (value.kind === 'index') queue.push(...linked.filter((address) => !queue.includes(address)));
    else
      for (const address of linked) {
        named.add(address);
        if (pages.has(address) || !wants(address)) continue;
        if (pages.size < most) pages.add(address);
        else beyond(address);
      }
  }
  for (const sitemap of queue.slice(read)) beyond(sitemap);
  return { pages: [...pages], named: named.size };
}

async function plain(body: Buffer): Promise<Buffer> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return await unzipped(body, { maxOutputLength: mostBytes });
  } catch (error) {
    const isBomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new SourceError(
      isBomb ? 'the sitemap is larger than 50 MB' : 'the sitemap is compressed but broken',
    );
  }
}

async function contents(text: string, url: string) {
  const root = /<(sitemapindex|urlset)[\s>/]/.exec(text.slice(0, 20_000))?.[1];
  // The parsers do not mind where the text ends.
  if (root && !text.includes(`</${root}>`) && !new RegExp(`<${root}[^<>]*/>`).test(text))
    throw new SourceError(`the sitemap at ${url} is cut off`);
  if (root === 'sitemapindex')
    return {
      kind: 'index',
      addresses: await urlsFrom(text, new XMLToSitemapIndexStream({ logger: false }), url),
    };
  if (root === 'urlset')
    return {
      kind: 'pages',
      addresses: await urlsFrom(text, new XMLToSitemapItemStream({ logger: false }), url),
    };
  const lines = text.split(/\r?\n/).filter(Boolean);
  if (lines.length && lines.every((line) => /^https?:\/\//.test(line)))
    return { kind: 'pages', addresses: lines };
  throw new SourceError(`there is no sitemap at ${url}`);
}

async function urlsFrom(text: string, parser: XMLToSitemapIndexStream | XMLToSitemapItemStream, url: string) {
  const urls: string[] = [];
  try {
    for await (const item of Readable.from([text]).pipe(parser)) urls.push(item.url);
  } catch (error) {
    throw new SourceError(`the sitemap at ${url} is broken: ${(error as Error).message.split('\n')[0]}`);
  }
  return urls;
}
