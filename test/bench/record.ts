import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inOneLine, type Machine } from '../support/machine.js';
import { chart } from './chart.js';
import type { Report } from './report.js';

/** What a bench found, when, where, and how busy the machine was when it began. */
export type Entry = Report & { date: string; load: number; machine: Machine };
type Entries = Record<string, Entry>;

const folder = join(import.meta.dirname, '../../../public/docs');
const file = join(folder, 'bench.json');

/** Keeps it in the place of what the same bench had found before, and draws them all again. */
export function record(name: string, entry: Entry): void {
  const entries = { ...known(), [name]: entry };
  writeFileSync(file, `${JSON.stringify(entries, null, 2)}\n`);
  writeFileSync(join(folder, 'bench.svg'), chartOf(entries));
}

function known(): Entries {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function chartOf(entries: Entries): string {
  const drawn = Object.entries(entries).filter(([, { bars }]) => bars);
  const captions = new Set(
    drawn.map(([, { machine, date, load }]) => `${date.slice(0, 10)}, load ${load}: ${inOneLine(machine)}`),
  );
  return chart(
    drawn.flatMap(([, { bars = [] }]) => bars),
    [...captions],
  );
}
