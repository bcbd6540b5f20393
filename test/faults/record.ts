import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../support/machine.js';
import type { Row } from './report.js';

/** What a scenario found, when, where, and how busy the machine was when it began. */
export type Entry = Row & { date: string; load: number; machine: Machine };

const file = join(import.meta.dirname, '../../../public/docs/faults.json');

/** Keeps it in the place of what the same scenario had found before. */
export function record(entry: Entry): void {
  const others = known().filter(({ name }) => name !== entry.name);
  writeFileSync(file, `${JSON.stringify([...others, entry], null, 2)}\n`);
}

function known(): Entry[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
