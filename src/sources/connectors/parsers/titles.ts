import type { Line } from './lines.js';

const longest = 200;

// What programs write when nobody gave a title, and names of files.
const empty = /^(untitled|no title|title|document ?\d*|slide ?\d*|(power)?point presentation)$/i;
const fileName = /^\S+\.(docx?|odt|rtf|tex|dvi|indd|qxp|pub|pptx?|xlsx?|html?|pdf|txt|md|ps)$/i;

/** The first that is a title for people. */
export function titleFrom(candidates: unknown[]): string | null {
  for (const candidate of candidates) {
    if (typeof candidate !== 'string') continue;
    const title = inOneLine(candidate).replace(/^Microsoft (Word|PowerPoint|Excel) - /i, '');
    if (title && !empty.test(title) && !fileName.test(title)) return title;
  }
  return null;
}

/** What is written largest on the first page that has text, if it is larger than the rest. */
export function headingOf(lines: Line[]): string | null {
  const first = lines.filter(({ page }) => page === lines[0]?.page);
  const largest = Math.max(...first.map(({ size }) => size));
  if (largest < 1.15 * usualSize(lines)) return null;
  const start = first.findIndex(({ size }) => size === largest);
  const rest = first.slice(start).findIndex(({ size }) => size < largest * 0.95);
  const heading = first.slice(start, rest < 0 ? undefined : start + rest);
  return titleFrom([heading.map(({ text }) => text).join(' ')]);
}

/** In which most of the characters are written. */
function usualSize(lines: Line[]): number {
  const characters = new Map<number, number>();
  for (const { size, text } of lines) characters.set(size, (characters.get(size) ?? 0) + text.length);
  return [...characters].reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}

function inOneLine(text: string): string {
  const line = text.replace(/[\s\0]+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1).trimEnd()}…` : line;
}
