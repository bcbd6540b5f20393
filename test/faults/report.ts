import type { Outcome } from './carryOut.js';
import type { Engine, Figures, Scenario } from './scenario.js';

export type Row = Omit<Outcome, 'figures'> & {
  name: string;
  engine: Engine;
  figures: Record<string, string | number>;
};

const columns: (keyof Figures)[] = [
  'acknowledged',
  'delivered',
  'lost',
  'duplicated',
  'kills',
  'stall',
  'integrity',
];

/** In the order of the columns; what a scenario does not count stays empty. */
export function rowOf({ name }: Scenario, engine: Engine, { figures, ...rest }: Outcome): Row {
  const shown = columns.map((column) => {
    const value = figures[column] ?? '';
    return [column === 'stall' ? 'stall, s' : column, typeof value === 'number' ? tenths(value) : value];
  });
  return {
    name: `${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}: ${name}`,
    engine,
    figures: Object.fromEntries(shown),
    ...rest,
  };
}

const tenths = (value: number) => Math.round(value * 10) / 10;

export function print({ name, figures, wrong, notes, seconds }: Row): void {
  const said = Object.entries(figures).flatMap(([column, value]) =>
    value === '' ? [] : [`${column} ${value}`],
  );
  console.log(`${wrong.length === 0 ? 'ok   ' : 'WRONG'} ${name} (${seconds} s): ${said.join(', ')}`);
  for (const line of notes) console.log(`      ${line}`);
  for (const line of wrong) console.log(`      wrong: ${line}`);
}
