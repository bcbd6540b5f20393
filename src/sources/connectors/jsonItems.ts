import { decode } from './charset.js';
import { type Item, type Row, SourceError, type Surroundings } from './connector.js';
import { flattened, rowOf, shortened } from './fields.js';
import { readableIfHtml } from './readable.js';

export function parseJson(body: Buffer, charset: string | null = null, what = 'the answer'): unknown {
  try {
    return JSON.parse(decode(body, charset));
  } catch (error) {
    throw new SourceError(`${what} is not valid JSON: ${(error as Error).message}`);
  }
}

/** What lies at a dotted path; undefined if there is nothing. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce(property, value);
}

type Paths = { itemsPath?: string; idField?: string; titleField?: string };

/** The items of an array as rows, numbered after those that came `before`. The first without a title is remarked upon. */
export function* itemsOf(
  value: unknown,
  { before = 0, remark, ...paths }: Paths & { before?: number } & Pick<Surroundings, 'remark'>,
) {
  let remarksOn = paths.titleField;
  for (const [index, item] of arrayIn(value, paths.itemsPath).entries()) {
    const name = `item ${before + index + 1}`;
    if (remarksOn && isObject(item) && !flattened(item).some(([field]) => isSame(field, remarksOn!))) {
      remark?.(
        `There is no “${remarksOn}” in ${name}, which ${contentOf(item)}: another field is its title.`,
      );
      remarksOn = undefined;
    }
    yield itemFrom(item, name, paths);
  }
}

function itemFrom(value: unknown, name: string, { idField, titleField }: Paths): Item {
  const id = idField === undefined ? undefined : at(value, idField);
  if (idField !== undefined && (id === undefined || id === null || id === '' || typeof id === 'object'))
    return { kind: 'failed', key: name, reason: `${name} has no id at “${idField}”` };
  const key = id === undefined ? {} : { key: String(id) };
  const row = isObject(value) ? rowOf(flattened(value), { ...key, titleField }) : plainRow(value, key);
  return row ? { kind: 'row', row } : { kind: 'failed', key: name, reason: `${name} is empty` };
}

function plainRow(value: unknown, key: { key?: string }): Row | null {
  const text = readableIfHtml(String(value ?? ''));
  return text ? { ...key, title: shortened(text), text, url: null } : null;
}

function arrayIn(value: unknown, path: string | undefined): unknown[] {
  const found = path === undefined ? value : at(value, path);
  if (Array.isArray(found)) return found;
  if (path !== undefined)
    throw new SourceError(
      found === undefined
        ? `there is nothing at “${path}”; ${nearestTo(path, value)}`
        : `what lies at “${path}” is not an array: it ${contentOf(found)}`,
    );
  const arrays = Object.values(isObject(value) ? value : {}).filter(Array.isArray);
  if (arrays.length === 1) return arrays[0] as unknown[];
  throw new SourceError(`no itemsPath says which array to read; the answer ${contentOf(value)}`);
}

/** What there is at the last part of a path that leads to something. */
export function nearestTo(path: string, value: unknown): string {
  const parts = path.split('.');
  const leads = parts.map((_part, index) => parts.slice(0, index).join('.')).reverse();
  const known = leads.find((lead) => lead && at(value, lead) !== undefined);
  return known ? `“${known}” ${contentOf(at(value, known))}` : `the answer ${contentOf(value)}`;
}

function contentOf(value: unknown): string {
  if (Array.isArray(value)) return `is an array of ${value.length}`;
  if (!isObject(value)) return `is ${shortened(JSON.stringify(value))}`;
  const keys = Object.keys(value);
  return keys.length ? `has the keys ${shortened(keys.join(', '))}` : 'is empty';
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function property(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
