import { FetchError } from '../../../net/failure.js';
import type { Fetch } from '../../../net/fetch.js';
import { SourceError } from '../connector.js';
import { normalised } from './address.js';
import { type Page, pageFrom } from './page.js';
import type { PageMemo, SiteMemory } from './siteMemory.js';

// HTML becomes many times its size while it is parsed.
const mostBytes = 10 * 1024 * 1024;
// Servers that name no type are few, and mean HTML.
const html = /^(text\/html|application\/xhtml\+xml|)$/;

const nothing = { status: null, retryAfter: null };

/** How asking for a page turned out; `url` is where it was found. */
export type Visit =
  | { kind: 'page'; url: string; page: Page; memo: PageMemo }
  /** As it was; `key` is that of its row, if it has one, or `why` it has none. */
  | { kind: 'same'; url: string; key: string | null; why?: string; links: string[]; twin: string | null }
  /** There is no page here. */
  | { kind: 'none'; reason: string }
  /** `busy`: the site was asked too much, and may be asked again after so many ms; null if it does not say when. */
  | { kind: 'failed'; key: string; reason: string; busy?: number | null };

type Visiting = { fetch: Fetch; memory: SiteMemory; signal: AbortSignal; selector?: string };

/** Asks for a page, or only whether it has changed if it is known. */
export async function visit(address: string, { fetch, memory, signal, selector }: Visiting): Promise<Visit> {
  try {
    const known = await memory.of(address);
    const answer = await fetch.read(address, {
      types: html,
      bytes: mostBytes,
      signal,
      ...(known && { validators: known }),
    });
    if (answer.kind === 'other') return { kind: 'none', reason: `it is not a web page but ${answer.type}` };
    const url = normalised(answer.url);
    if (answer.kind === 'same') {
      const { key, why, links, twin = null } = known!;
      return { kind: 'same', url, key, why, links, twin };
    }
    const { etag, lastModified, charset, headers, body } = answer;
    const page = pageFrom(body, { url, charset, selector });
    const robots = String(headers['x-robots-tag'] ?? '');
    page.noindex ||= /(^|,)\s*(noindex|none)\b/i.test(robots);
    return { kind: 'page', url, page, memo: { etag, lastModified, links: page.links } };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const reason = error.message;
    const { status, retryAfter } = error instanceof FetchError ? error : nothing;
    if (status === 404 || status === 410) return { kind: 'none', reason };
    const key = memory.keyOf(address);
    return { kind: 'failed', key, reason, ...(status === 429 && { busy: retryAfter }) };
  }
}
