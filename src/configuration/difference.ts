import { isDeepStrictEqual } from 'node:util';
import { mask, masked } from '../sources/secrets.js';
import type { Settings } from '../sources/settings.js';

/** A field in words: what it is and what it becomes; null for nothing. */
export type Change = { field: string; before: string | null; after: string | null };

/** What an import makes of one entry of a file. */
export type Step = {
  kind: 'bot' | 'data source' | 'webhook' | 'API channel' | 'connection';
  name: string;
  /** The name of its bot. */
  bot: string;
  outcome: 'created' | 'changed' | 'unchanged';
  changes: Change[];
};

type Fields = Record<string, unknown>;

const longest = 160;
const isSecret = 'a secret';
const isOther = 'another secret';

/** The fields that differ, of those that are given. */
export function differing(given: Fields, stored: Fields): Fields {
  return Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) => value !== undefined && !isDeepStrictEqual(value ?? null, stored[name] ?? null),
    ),
  );
}

/** These fields as they become, in words. */
export const changesOf = (given: Fields, stored: Fields): Change[] =>
  Object.entries(given)
    .map(([name, value]) => changeOf(inWords(name), value, stored[name]))
    .filter(({ before, after }) => before !== null || after !== null);

/** A secret in words: that there is another, not which. */
export const secretChange = (field: string, isNew: boolean): Change =>
  isNew ? { field, before: null, after: isSecret } : { field, before: isSecret, after: isOther };

/** A config field by field; of a secret only that it is another. */
export function configChanges(given: Settings, stored: Settings): Change[] {
  const [before, after] = [leaves(stored), leaves(given)];
  const hidden = new Set(
    [leaves(masked(stored)), leaves(masked(given))].flatMap((leaf) =>
      [...leaf].filter(([, value]) => value === mask).map(([path]) => path),
    ),
  );
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => !isDeepStrictEqual(before.get(path), after.get(path)))
    .map((path) => {
      if (!hidden.has(path)) return changeOf(path, after.get(path), before.get(path));
      if (!after.has(path)) return { field: path, before: isSecret, after: null };
      return secretChange(path, !before.has(path));
    });
}

/** Headers by name, whose values are secrets. */
export const headerChanges = (given: Settings, stored: Settings): Change[] =>
  configChanges({ headers: given }, { headers: stored });

function leaves(config: Fields): Map<string, unknown> {
  const entries = Object.entries(config).flatMap(([name, value]): [string, unknown][] =>
    name === 'headers' && value !== null && typeof value === 'object'
      ? Object.entries(value).map(([header, content]) => [`${name}.${header}`, content])
      : [[name, value]],
  );
  return new Map(entries.filter(([, value]) => value !== undefined));
}

function changeOf(field: string, after: unknown, before: unknown): Change {
  const [was, becomes] = [printed(before), printed(after)];
  return { field, ...excerpts(was, becomes) };
}

function printed(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.length === 0) return null;
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Of long texts the part in which they begin to differ. */
function excerpts(before: string | null, after: string | null): Pick<Change, 'before' | 'after'> {
  const [one, other] = [[...(before ?? '')], [...(after ?? '')]];
  const same = one.findIndex((character, index) => character !== other[index]);
  const from = Math.max(0, (same === -1 ? one.length : same) - 20);
  const shown = (text: string | null, characters: string[]) => {
    if (text === null || characters.length <= longest) return text;
    const part = characters.slice(from, from + longest).join('');
    return `${from > 0 ? '…' : ''}${part}${from + longest < characters.length ? '…' : ''}`;
  };
  return { before: shown(before, one), after: shown(after, other) };
}

/** `allowedOrigins` → `allowed origins`. */
const inWords = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
