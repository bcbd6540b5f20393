import { z } from 'zod';
import { type Connector, onDemand } from './connector.js';

const config = z.strictObject({});

export const endings = [
  '.txt',
  '.md',
  '.markdown',
  '.html',
  '.htm',
  '.pdf',
  '.docx',
  '.csv',
  '.tsv',
  '.json',
] as const;

/** A row is an uploaded file; of a CSV file a line, of a JSON file an item. */
export const files: Connector<z.output<typeof config>> = {
  type: 'files',
  config,
  endings,
  read: onDemand(() => import('./fileRows.js')),
};
