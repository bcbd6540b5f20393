import type { Counts, Outcome } from './ledger.js';
import type { Trigger } from './schema.js';
import type { Sync } from './store.js';

export const startedBy: Record<Trigger, string> = {
  manual: 'hand',
  hook: 'trigger URL',
  schedule: 'schedule',
  api: 'API',
};

/** How pages call what a sync did with a row; in the order in which they count it. */
export const outcomesInWords: { outcome: Outcome; word: string; css: string }[] = [
  { outcome: 'added', word: 'added', css: 'bg-green-lt' },
  { outcome: 'changed', word: 'changed', css: 'bg-blue-lt' },
  { outcome: 'removed', word: 'removed', css: 'bg-secondary-lt' },
  { outcome: 'failed', word: 'failed', css: 'bg-red-lt' },
  { outcome: 'leftOut', word: 'left out', css: 'bg-yellow-lt' },
];

const whole = new Intl.NumberFormat('en');

/** `2 rows added, 1 changed, 40 as before`; the reason of one that failed. */
export function resultInWords({ status, counts, results, reason }: Sync): string {
  if (status === 'failed') return reason ?? '';
  const parts = partsOf(counts, results);
  if (parts === null) return '';
  const [first, ...rest] = parts.filter(([count]) => count > 0);
  if (!first) return 'no rows';
  const [count, words] = first;
  const noun = count === 1 ? 'row' : 'rows';
  return [`${whole.format(count)} ${noun} ${words}`, ...rest.map((part) => said(part))].join(', ');
}

type Part = [count: number, words: string];

const said = ([count, words]: Part) => `${whole.format(count)} ${words}`;

function partsOf(counts: Counts | null, results: Sync['results']): Part[] | null {
  if (counts) {
    const { added, changed, removed, unchanged, failed, leftOut } = counts;
    return [
      [added, 'added'],
      [changed, 'changed'],
      [removed, 'removed'],
      [unchanged, 'as before'],
      [failed, 'failed'],
      [leftOut, 'left out'],
    ];
  }
  return (
    results && [
      [results.modifiedRows, 'changed'],
      [results.unmodifiedRows, 'as before'],
    ]
  );
}
