import { z } from 'zod';
import type { Actor } from '../accounts/actor.js';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoOrNull, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import { NotFound } from '../errors.js';
import type { SourceService } from '../sources/service.js';
import type { Line } from './ledger.js';
import { rowsQuery, syncAnswer, syncRequest, syncRowAnswer } from './schema.js';
import type { SyncService } from './service.js';
import type { Sync } from './store.js';

const id = z.object({ id: z.string() });
const tag = 'Syncs';

export function showSync(sync: Sync): z.input<typeof syncAnswer> {
  return {
    id: sync.id,
    dataSourceId: sync.sourceId,
    trigger: sync.trigger,
    status: sync.status,
    progress: { done: sync.done, total: sync.total },
    results: sync.results,
    reason: sync.reason,
    createdAt: iso(sync.createdAt),
    startedAt: isoOrNull(sync.startedAt),
    finishedAt: isoOrNull(sync.finishedAt),
    rows: sync.counts,
  };
}

const showRow = ({ outcome, key, title, reason, kept }: Line): z.input<typeof syncRowAnswer> => ({
  outcome,
  key,
  title,
  reason,
  kept,
});

export function syncEndpoints(
  sources: Pick<SourceService, 'seenBy' | 'sync'>,
  syncs: SyncService,
): Endpoint[] {
  async function seenBy(user: Actor, id: string): Promise<Sync> {
    const sync = await syncs.find(id);
    if (!sync) throw new NotFound('Sync');
    await sources.seenBy(user, sync.sourceId);
    return sync;
  }

  return [
    endpoint({
      method: 'post',
      path: '/data-sources/{id}/sync',
      summary: 'Ask for a sync; one that is queued already is answered again',
      access: 'admin',
      tag,
      params: id,
      body: syncRequest,
      answers: { 202: { description: 'The sync', schema: syncAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 202,
        body: showSync(await sources.sync(params.id, 'api', body, user, at)),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/data-sources/{id}/syncs',
      summary: 'List the syncs of a data source, newest first',
      access: 'user',
      tag,
      params: id,
      query: pageQuery,
      answers: { 200: { description: 'A page of syncs', schema: pageOf(syncAnswer) } },
      run: async ({ params, query, user }) => {
        const source = await sources.seenBy(user, params.id);
        const rows = await syncs.listOf(source.id, windowOf(query));
        return { status: 200, body: page(rows, query.limit, (sync) => [sync.id], showSync) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/syncs/{id}',
      summary: 'Read a sync',
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The sync', schema: syncAnswer } },
      run: async ({ params, user }) => ({ status: 200, body: showSync(await seenBy(user, params.id)) }),
    }),
    endpoint({
      method: 'get',
      path: '/syncs/{id}/rows',
      summary:
        'List what a sync did row by row: what failed first, then removed rows, pages left out, changed and added rows',
      access: 'user',
      tag,
      params: id,
      query: rowsQuery,
      answers: { 200: { description: 'A page of rows', schema: pageOf(syncRowAnswer) } },
      run: async ({ params, query, user }) => {
        const sync = await seenBy(user, params.id);
        const rows = await syncs.rowsOf(sync.id, query.outcome ?? null, windowOf(query, 'number'));
        return { status: 200, body: page(rows, query.limit, (row) => [row.seq], showRow) };
      },
    }),
  ];
}
