import type { Candidate, Preview } from './reading.js';

const mostAddresses = 50;

/** What the page shows of a preview; `values` are those of the form. */
export function shownPreview(preview: Preview, values: Record<string, unknown>) {
  const matched = preview.addresses?.filter(({ kind }) => kind === 'wanted') ?? [];
  const left = preview.addresses?.filter(({ kind }) => kind !== 'wanted') ?? [];
  const limit = Number(values.maxPages) || 500;
  return {
    ...preview,
    reason: preview.reason && asSentence(preview.reason),
    problems: preview.problems.map(({ key, reason }) => ({ key, reason: asSentence(reason) })),
    summary: summaryOf(preview),
    addresses: preview.addresses && {
      lists: [listOf('matched', matched), listOf('left', left)],
      // Where the sitemap names more, the others are not even looked at.
      isOverLimit: matched.length >= limit,
      limit,
    },
  };
}

function listOf(which: 'matched' | 'left', addresses: Candidate[]) {
  const first = addresses.slice(0, mostAddresses);
  return { which, count: addresses.length, first, more: addresses.length - first.length };
}

function summaryOf({ read, isWhole, expected, rows, addresses, reason }: Preview): string {
  const count = (rows: number) => `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`;
  if (read === 0) return isWhole && !reason ? 'It can be read, and there is no row in it.' : '';
  const some = rows.length < read ? `${count(rows.length)} of ` : '';
  if (isWhole) return `${some}${count(read)}, which is all there is.`;
  if (expected !== null && expected > read)
    return `${some}the first ${count(read)}; there are about ${expected.toLocaleString('en')}.`;
  return addresses
    ? `${some}the first ${count(read)}, each a page as a sync would read it.`
    : `${some}the first ${count(read)}; there may be more.`;
}

const asSentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
