import { v7 as uuid } from 'uuid';
import { type FieldError, Invalid } from '../errors.js';

type Entry = { id?: string | undefined };

export type Match<E, S> = {
  entry: E;
  /** Where in the file it stands: `bots.0`. */
  path: string;
  /** What is there already; null for what is new. */
  stored: S | null;
  /** Of what is there, or to be given to what is new. */
  id: string;
};

type Ways<E, S> = {
  path: string;
  /** What is the same about an entry and what it means, where no id tells; in words. */
  nameOf: (entry: E) => string;
  nameOfStored: (stored: S) => string;
  inUse: { living: Set<string>; deleted: Set<string> };
};

/**
 * What each entry of a file means: by its id, and where that is unknown here by its name. Throws `Invalid` where that
 * cannot be told for certain, with the path. What is new keeps the id it has in the file, as long as it is free.
 */
export function matched<E extends Entry, S extends { id: string }>(
  entries: E[],
  stored: S[],
  { path, nameOf, nameOfStored, inUse }: Ways<E, S>,
): Match<E, S>[] {
  const byId = new Map(stored.map((one) => [one.id, one]));
  const known = new Set(entries.flatMap(({ id }) => (id && byId.has(id) ? [id] : [])));
  const errors: FieldError[] = [];
  const seen = new Set<string>();

  const matches = entries.map((entry, index): Match<E, S> => {
    const here = `${path}.${index}`;
    const wrong = (message: string) => errors.push({ path: `${here}.id`, message });
    const { id } = entry;
    if (id && seen.has(id)) wrong('This id is in the file twice');
    if (id) seen.add(id);
    const own = id && byId.get(id);
    if (own) return { entry, path: here, stored: own, id: own.id };
    if (id && inUse.living.has(id))
      wrong('This id belongs to another bot here: leave it out to make a new one');
    const name = nameOf(entry);
    const candidates = stored.filter((one) => !known.has(one.id) && nameOfStored(one) === name);
    const rivals = entries.filter((one) => !(one.id && byId.has(one.id)) && nameOf(one) === name);
    if (candidates.length > 1)
      wrong(`There are ${candidates.length} of ${name} here: give the id of the one that is meant`);
    if (rivals.length > 1 && (candidates.length > 0 || rivals.some((rival) => !isFree(rival))))
      wrong(`There are ${rivals.length} of ${name} in the file: give each its id`);
    const [candidate = null] = candidates;
    return { entry, path: here, stored: candidate, id: candidate?.id ?? (isFree(entry) ? id! : uuid()) };
  });

  if (errors.length > 0) throw new Invalid(errors);
  return matches;

  function isFree({ id }: E): boolean {
    return id !== undefined && !inUse.living.has(id) && !inUse.deleted.has(id);
  }
}
