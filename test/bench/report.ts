export type Figure = string | number;

/** What a bench has to say; numbers as they were measured. */
export type Report = {
  rows: Record<string, Record<string, Figure>>;
  targets?: Target[];
  /** How it was measured, in sentences. */
  notes?: string[];
  bars?: Bars[];
};

export type Target = { what: string; value: number; atLeast?: number; atMost?: number };

/** One part of the chart; `ours` is drawn in the colour of the house. */
export type Bars = { title: string; bars: { name: string; value: number; ours?: boolean }[] };

export const isMet = ({
  value,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Target) => value >= atLeast && value <= atMost;

/** Three figures that count, and no more after the point than they need. */
export function rounded(value: Figure): Figure {
  if (typeof value === 'string' || value === 0 || !Number.isFinite(value)) return value;
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toFixed(Math.min(places, 3)));
}

export function inWords(target: Target): string {
  const { what, value, atLeast, atMost } = target;
  const wanted = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const off = Math.round(Math.abs(value / (atLeast ?? atMost)! - 1) * 100);
  return `${isMet(target) ? 'met   ' : 'MISSED'} ${what}: ${rounded(value)}, ${wanted}${isMet(target) ? '' : ` (${off} % off)`}`;
}

export function print(name: string, { rows, targets = [], notes = [] }: Report): void {
  console.log(`\n${name}`);
  const shown = Object.entries(rows).map(([row, figures]) => [
    row,
    Object.fromEntries(Object.entries(figures).map(([column, value]) => [column, rounded(value)])),
  ]);
  console.table(Object.fromEntries(shown));
  for (const line of [...notes, ...targets.map(inWords)]) console.log(line);
}
