import { z } from 'zod';
import { isoTime, pageQuery } from '../api/paging.js';
import { mostListed, outcome, syncsListed } from './ledger.js';

export const trigger = z.enum(['manual', 'hook', 'schedule', 'api']);
export type Trigger = z.infer<typeof trigger>;

export const syncStatus = z.enum(['queued', 'running', 'succeeded', 'failed']);
export type SyncStatus = z.infer<typeof syncStatus>;

export const syncRequest = z.strictObject({
  force: z
    .boolean()
    .default(false)
    .meta({ description: 'Run even if more than half of the rows would be removed' }),
});

const count = z.int().min(0);

export const syncAnswer = z
  .object({
    id: z.uuid(),
    dataSourceId: z.uuid(),
    trigger,
    status: syncStatus,
    progress: z.object({
      done: count,
      total: count.nullable().meta({ description: 'null: not known yet' }),
    }),
    results: z
      .object({
        totalTokens: count,
        modifiedRows: count,
        totalDocuments: count,
        unmodifiedRows: count,
        totalDataSourceRows: count,
      })
      .nullable(),
    reason: z.string().nullable().meta({ description: 'Why it failed' }),
    createdAt: isoTime,
    startedAt: isoTime.nullable(),
    finishedAt: isoTime.nullable(),
    rows: z
      .object({
        added: count,
        changed: count,
        unchanged: count.meta({
          description: 'Those included that failed and of which an earlier version stays',
        }),
        removed: count,
        leftOut: count.meta({
          description:
            'On the site and yet no row, e.g. for `noindex`, robots.txt or the limit of pages: no failure',
        }),
        failed: count,
        repeated: count.meta({ description: 'The same once more, word for word: taken once' }),
      })
      .nullable()
      .meta({
        description:
          'What became of each row: `added` + `changed` are the `modifiedRows`, `unchanged` the `unmodifiedRows`. A sync that failed has only `failed` and `leftOut` ones, for it changed nothing. null until it has ended',
      }),
  })
  .meta({ id: 'Sync' });

export const rowsQuery = pageQuery.extend({
  outcome: outcome.optional().meta({ description: 'Only those; otherwise all, what matters most first' }),
});

export const syncRowAnswer = z
  .object({
    outcome,
    key: z.string().meta({ description: 'What the row is known by from one sync to the next' }),
    title: z.string().meta({ description: 'Empty where it was not read' }),
    reason: z.string().nullable().meta({ description: 'Why it failed or was left out' }),
    kept: z.boolean().nullable().meta({ description: 'Of one that failed: its last good version stays' }),
  })
  .meta({
    id: 'SyncRow',
    description: `The first ${mostListed.toLocaleString('en')} rows of each outcome are listed, of the latest ${syncsListed} syncs of a data source`,
  });
