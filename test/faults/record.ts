import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../support/machine.js';
import type { Row } from './report.js';

/** What a whole run found, when, where, and how busy the machine was when it began. */
export type Run = { date: string; load: number; machine: Machine; minutes: number; rows: Row[] };

const file = join(import.meta.dirname, '../../../public/docs/faults.json');

export const record = (run: Run): void => writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
