import type { Knex } from 'knex';
import { z } from 'zod';
import { Invalid } from '../errors.js';

/** `?limit=&cursor=` of every list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'How many, at most 200' }),
  cursor: z.string().max(500).optional().meta({ description: 'The `nextCursor` of the page before' }),
});

export type PageQuery = z.infer<typeof pageQuery>;

export const pageOf = <S extends z.ZodType>(row: S) =>
  z.object({ data: z.array(row), nextCursor: z.string().nullable() });

/** Keyset pagination: `after` is the sort key of the last row seen, or null on the first page. */
export type Window = { limit: number; after: (string | number)[] | null };

/** What lists are sorted by: whoever makes up a cursor sends the database no other types. */
const sortKeys = {
  id: z.tuple([z.string()]),
  number: z.tuple([z.int()]),
  'number, id': z.tuple([z.int(), z.string()]),
  'number, number': z.tuple([z.int(), z.int()]),
};

/** Throws `Invalid` for a cursor that is not one of ours. */
export function windowOf({ limit, cursor }: PageQuery, key: keyof typeof sortKeys = 'id'): Window {
  if (cursor === undefined) return { limit, after: null };
  try {
    return {
      limit,
      after: sortKeys[key].parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))),
    };
  } catch {
    throw new Invalid([
      { path: 'cursor', message: 'Not a cursor of this list: take nextCursor from the page before' },
    ]);
  }
}

/** The rows of a window and one more, newest first; those of one millisecond by their ids. */
export const newestFirst = ({ limit, after }: Window) =>
  function within(query: Knex.QueryBuilder): void {
    if (after) query.whereRaw('(created_at, id) < (?, ?)', after);
    query
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit + 1);
  };

/** A page from up to `limit + 1` rows: the extra row only tells that there is a next page. */
export function page<T, Shown>(
  rows: T[],
  limit: number,
  keyOf: (row: T) => (string | number)[],
  show: (row: T) => Shown,
): { data: Shown[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    data: shown.map(show),
    nextCursor: more ? Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') : null,
  };
}

/** Integer milliseconds as ISO 8601 UTC. */
export const iso = (ms: number) => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));
export const isoTime = z.iso.datetime().meta({ description: 'ISO 8601, UTC' });
