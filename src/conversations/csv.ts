import { stringify } from 'csv-stringify/sync';

const format = {
  record_delimiter: 'windows',
  // RFC 4180 wants quotes around either half of a line's end; the library alone only around both.
  quoted_match: /[\r\n]/,
  // A text that a spreadsheet would take for a formula is led by an apostrophe (OWASP, CSV Injection).
  escape_formulas: true,
} as const;

/** One line of a CSV file (RFC 4180). */
export const csvLine = (cells: (string | number | null)[]) => stringify([cells], format);
