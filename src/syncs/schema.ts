import { z } from 'zod';
import { isoTime } from '../api/paging.js';

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
  })
  .meta({ id: 'Sync' });
