import { looksLikeHtml, readable } from './readable.js';

/** Name and value, in the order of the source. */
export type Field = [name: string, value: string];

const titles = ['title', 'name', 'headline', 'heading', 'subject', 'question', 'label'];
const addresses = ['url', 'link', 'permalink', 'html_url'];

/** `Name: value` lines, without what is empty; HTML in a value becomes text. */
export function textOf(fields: readonly Field[]): string {
  return filled(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** What to call the row: the field asked for, else one that is a title by its name, else the first that is filled. */
export function titleOf(fields: readonly Field[], titleField?: string): string {
  const known = filled(fields);
  const wanted = titleField === undefined ? titles : [titleField];
  for (const name of wanted) {
    const field = known.find(([own]) => own.trim().toLowerCase() === name.toLowerCase());
    if (field) return shortened(field[1]);
  }
  return shortened(known[0]?.[1] ?? '');
}

/** Where the row can be seen, if a field says so. */
export function urlOf(fields: readonly Field[]): string | null {
  const [, value] =
    fields.find(([name, value]) => addresses.includes(name.trim().toLowerCase()) && isWebAddress(value)) ?? [];
  return value?.trim() ?? null;
}

/** Plain JSON as fields with dotted names; lists of plain values are joined. */
export function flattened(value: unknown, name = '', depth = 0): Field[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [[name, String(value)]];
  // Deeper than any real item, but what is sent may be made to overflow the stack.
  if (depth > 50) return [[name, '…']];
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return [[name, value.join(', ')]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flattened(inner, name ? `${name}.${key}` : key, depth + 1),
  );
}

/** One line of at most 120 characters. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119).trimEnd()}…` : line;
}

function filled(fields: readonly Field[]): Field[] {
  return fields
    .map(([name, value]): Field => [name, looksLikeHtml(value) ? readable(value) : value.trim()])
    .filter(([, value]) => value !== '');
}

function isWebAddress(value: string): boolean {
  return /^https?:\/\//i.test(value.trim()) && URL.canParse(value.trim());
}
