import type { Candidate, Preview } from './reading.js';

const mostAddresses = 50;

/** What the page shows of a preview; `values` are those of the form. */
export function shownPreview(preview: Preview, values: Record<string, unknown>) {
  const matched = preview.addresses?.filter(({ kind }) => kind === 'wanted') ?? [];
  const left = preview.addresses?.filter(({ kind }) => kind !== 'wanted') ?? [];
  return {
    ...preview,
    reason: preview.reason && asSentence(preview.reason),
    problems: preview.problems.map(({ key, reason }) => ({ key, reason: asSentence(reason) })),
    summary: summaryOf(preview),
    addresses: preview.addresses && {
      lists: [listOf('matched', matched, values.url), listOf('left', left, values.url)],
    },
  };
}

/** Addresses on the site itself are known by their path. */
function listOf(which: 'matched' | 'left', addresses: Candidate[], url: unknown) {
  const site = URL.canParse(String(url)) ? new URL(String(url)).origin : null;
  const first = addresses
    .slice(0, mostAddresses)
    .map(({ address, why }) => ({ address: shortened(address, site), why }));
  return { which, count: addresses.length, first, more: addresses.length - first.length };
}

function shortened(address: string, site: string | null): string {
  return site && address.startsWith(`${site}/`) ? address.slice(site.length) : address;
}

function summaryOf({ read, files, isWhole, expected, rows, addresses, reason }: Preview): string {
  if (files !== undefined) return filesInWords(read, files);
  if (read === 0) return isWhole && !reason ? 'It can be read, and there is no row in it.' : '';
  const seen = read.toLocaleString('en');
  const some =
    rows.length > 0 && rows.length < read
      ? ` ${rows.length === 1 ? 'One of them is' : `${rows.length} of them are`} shown.`
      : '';
  if (addresses) return `${seen} ${read === 1 ? 'page was' : 'pages were'} read as a sync would.${some}`;
  const words = read === 1 ? 'row' : 'rows';
  if (isWhole) return `${seen} ${words} in all.${some}`;
  const isMore = expected !== null && expected > read;
  const all = isMore ? ` of about ${expected.toLocaleString('en')}` : '';
  return `The first ${seen}${all} ${isMore ? 'rows' : words} were looked at.${some}`;
}

function filesInWords(read: number, files: number): string {
  if (read === 0) return '';
  const first = 'The first row of each is shown.';
  if (read === files)
    return files === 1
      ? 'The file was read as a sync would.'
      : `${files.toLocaleString('en')} files were read as a sync would. ${first}`;
  return `The first ${read} of ${files.toLocaleString('en')} files were read as a sync would. ${first}`;
}

const asSentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
