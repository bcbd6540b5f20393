import { z } from 'zod';
import { webAddress } from './config.js';
import { type Connector, onDemand } from './connector.js';

const config = z.strictObject({
  /** Without one the uploaded files are read. */
  url: webAddress.optional(),
  /** The column whose value a line is known by; without one a line is known by its content. */
  keyColumn: z.string().trim().min(1).max(200).optional(),
  /** One character, or `tab`; found out if it is not given. */
  delimiter: z
    .string()
    .transform((text) => (/^(tab|\\t)$/i.test(text) ? '\t' : text))
    .pipe(z.string().regex(/^[^"\r\n]$/, 'must be one character other than a quote, or “tab”'))
    .optional(),
});

export type Config = z.output<typeof config>;

/** A row is a line below the header line. */
export const csv: Connector<Config> = {
  type: 'csv',
  config,
  endings: ['.csv', '.tsv', '.txt'],
  read: onDemand(() => import('./csvLines.js')),
};
