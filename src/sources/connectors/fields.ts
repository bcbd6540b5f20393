import type { Row } from './connector.js';
import { readableIfHtml } from './readable.js';

/** Name and value, in the order of the source. */
export type Field = [name: string, value: string];

const titles = ['title', 'name', 'headline', 'heading', 'subject', 'question', 'label'];
const addresses = ['url', 'link', 'permalink', 'html_url'];

/**
 * A row of fields: its text is `Name: value` lines without what is empty, HTML in a value becoming text. Its
 * title is the field asked for, else one that is a title by its name, else the first. Null if all are empty.
 */
export function rowOf(fields: readonly Field[], own: { key?: string; titleField?: string } = {}): Row | null {
  const filled = fields
    .map(([name, value]): Field => [name, readableIfHtml(value)])
    .filter(([, value]) => value !== '');
  if (!filled.length) return null;
  return {
    ...(own.key !== undefined && { key: own.key }),
    title: shortened(named(filled, own.titleField ? [own.titleField] : titles) ?? filled[0]![1]),
    text: filled.map(([name, value]) => `${name}: ${value}`).join('\n'),
    url: webAddress(named(filled, addresses)),
  };
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

function named(fields: readonly Field[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const field = fields.find(([own]) => own.trim().toLowerCase() === name.toLowerCase());
    if (field) return field[1];
  }
  return undefined;
}

function webAddress(value: string | undefined): string | null {
  return value && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : null;
}
