import type { Knex } from 'knex';
import { z } from 'zod';
import type { Window } from '../api/paging.js';
import { records } from '../records.js';

/** What a sync did with a row, what matters most first. Those that stay as they are are only counted. */
export const outcome = z.enum(['failed', 'removed', 'leftOut', 'changed', 'added']);
export type Outcome = z.infer<typeof outcome>;

/**
 * A row as the ledger of a sync lists it. Of one that failed or was left out: why; of one that failed: whether an
 * earlier version of it stays.
 */
export type Line = {
  outcome: Outcome;
  key: string;
  title: string;
  reason: string | null;
  kept: boolean | null;
};

/**
 * How many rows of each: `added` and `changed` are the modified ones, `unchanged` the unmodified, those included whose
 * earlier version stays because they failed. `leftOut`: what the source has and does not want to be a row, or may not
 * be. `repeated`: the same row once more, word for word.
 */
export type Counts = Record<Outcome | 'unchanged' | 'repeated', number>;

export type Ledger = { counts: Counts; lines: Line[] };

/** So many rows of each outcome are listed. */
export const mostListed = 1_000;
/** Of so many syncs of a source, its latest, the rows are listed. */
export const syncsListed = 100;

/** A ledger that was written before an outcome was told apart has none of it. */
export const noRows: Counts = {
  added: 0,
  changed: 0,
  unchanged: 0,
  removed: 0,
  leftOut: 0,
  failed: 0,
  repeated: 0,
};

export function ledgerOf(): Ledger {
  return { counts: { ...noRows }, lines: [] };
}

const most = { title: 200, reason: 500 };

export function line(outcome: Outcome, key: string, title: string, reason: string | null = null): Line {
  return {
    outcome,
    key,
    title: cut(title, most.title),
    reason: reason && cut(reason, most.reason),
    kept: null,
  };
}

export const failedLine = (key: string, reason: string, kept: boolean, title = ''): Line => ({
  ...line('failed', key, title, reason),
  kept,
});

/** Says of each row whether there is still room for it. */
export function room(): (outcome: Outcome) => boolean {
  const taken = new Map<Outcome, number>();
  return (outcome) => {
    const before = taken.get(outcome) ?? 0;
    taken.set(outcome, before + 1);
    return before < mostListed;
  };
}

export function ledgerStore(connection: Knex) {
  const rows = () => connection('sync_rows');
  return {
    /** What matters most first; `after` is the `[seq]` of the last one seen. */
    async listOf(
      syncId: string,
      only: Outcome | null,
      { limit, after }: Window,
    ): Promise<(Line & { seq: number })[]> {
      const found = await rows()
        .where({ sync_id: syncId })
        .modify((query) => {
          if (only) query.where({ outcome: only });
          if (after) query.where('seq', '>', Number(after[0]));
        })
        .orderBy('seq')
        .limit(limit + 1);
      return found.map(fromRow);
    },

    async write(syncId: string, lines: Line[]): Promise<void> {
      if (lines.length === 0) return;
      const ordered = outcome.options.flatMap((one) => lines.filter((line) => line.outcome === one));
      const given = JSON.stringify(ordered.map((line, seq) => ({ seq, ...line })));
      const columns = {
        seq: 'integer',
        outcome: 'text',
        key: 'text',
        title: 'text',
        reason: 'text',
      } as const;
      const names = [...Object.keys(columns), 'kept'].join(', ');
      await connection.raw(
        `INSERT INTO sync_rows (sync_id, ${names})
         SELECT CAST(? AS text), ${names} FROM ${records(connection, 'given', { ...columns, kept: 'boolean' })}`,
        [syncId, given],
      );
    },

    /** Forgets the rows of syncs that have left the latest so many of their source: one does with each that ends. */
    async forgetOlder(sourceId: string): Promise<void> {
      const older = connection('syncs')
        .where({ source_id: sourceId })
        .orderBy('id', 'desc')
        .offset(syncsListed)
        .limit(2)
        .select('id');
      await rows().whereIn('sync_id', older).delete();
    },

    /** Removes up to `most` rows of these syncs. Returns how many. */
    async remove(syncIds: string[], most: number): Promise<number> {
      const some = rows().whereIn('sync_id', syncIds).limit(most).select('sync_id', 'seq');
      return rows()
        .whereRaw('(sync_id, seq) IN (?)', [some as never])
        .delete();
    },
  };
}

const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): Line & { seq: number } => ({
  seq: Number(row.seq),
  outcome: row.outcome,
  key: row.key,
  title: row.title,
  reason: row.reason,
  kept: row.kept === null ? null : Boolean(row.kept),
});
