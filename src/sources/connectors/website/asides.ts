import type { Answer } from '../../../net/fetch.js';
import type { Surroundings } from '../connector.js';
import { fingerprint } from '../memory.js';

type Aside = { url: string; etag: string | null; lastModified: string | null; value: unknown };
type Page = Extract<Answer<Buffer>, { kind: 'answer' }>;

export type Asides = ReturnType<typeof asides>;

// Of larger ones the memo of a source would become a burden to every sync.
const longest = 1_000_000;
const reader = fingerprint('asides');

/** What a site has beside its pages, robots.txt and sitemaps: from the second time on only asked whether it has changed. */
export function asides({ fetch, memo, signal }: Pick<Surroundings, 'fetch' | 'memo' | 'signal'>) {
  const isKnown = memo?.asidesReader === reader;
  const past = new Map<string, Aside>(isKnown ? (memo.asides as [string, Aside][]) : []);
  const kept = new Map<string, Aside>();
  return {
    /** What was read of it, and where redirects led. `parse` gives plain JSON. */
    async read<Value>(
      address: string,
      parse: (answer: Page) => Value | Promise<Value>,
    ): Promise<{ url: string; value: Value }> {
      const known = past.get(address);
      const answer = await fetch.read(address, { signal, ...(known && { validators: known }) });
      if (answer.kind !== 'answer') {
        kept.set(address, known!);
        return { url: known!.url, value: known!.value as Value };
      }
      const { url, etag, lastModified } = answer;
      const value = await parse(answer);
      const aside = { url, etag, lastModified, value };
      if ((etag || lastModified) && JSON.stringify(value).length <= longest) kept.set(address, aside);
      return { url, value };
    },
    memo: () => ({ asidesReader: reader, asides: [...kept] }),
  };
}
