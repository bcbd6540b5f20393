import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoOrNull, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { showSync } from '../syncs/api.js';
import { newSource, sourceAnswer, sourceChanges, syncedAllAnswer } from './schema.js';
import type { Source, SourceService } from './service.js';

const id = z.object({ id: z.string() });
const tag = 'Data sources';

const show = (source: Source): z.input<typeof sourceAnswer> => ({
  id: source.id,
  botId: source.botId,
  name: source.name,
  type: source.type,
  config: source.config,
  schedule: source.schedule,
  enabled: source.enabled,
  maxFailedPercent: source.maxFailedPercent,
  status: source.status,
  lastSync: source.lastSync && showSync(source.lastSync),
  nextSyncAt: isoOrNull(source.nextSyncAt),
  rows: source.rows,
  documents: source.documents,
  storageTokens: source.tokens,
  createdAt: iso(source.createdAt),
  updatedAt: iso(source.updatedAt),
});

export function sourceEndpoints(bots: Pick<BotService, 'seenBy'>, sources: SourceService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/bots/{id}/data-sources',
      summary: 'List the data sources of a bot, newest first',
      access: 'user',
      tag,
      params: id,
      query: pageQuery,
      answers: { 200: { description: 'A page of data sources', schema: pageOf(sourceAnswer) } },
      run: async ({ params, query, user }) => {
        const bot = await bots.seenBy(user, params.id);
        const rows = await sources.listOf(bot.id, windowOf(query));
        return { status: 200, body: page(rows, query.limit, (source) => [source.id], show) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/data-sources',
      summary: 'Create a data source; it is synced at once',
      access: 'admin',
      tag,
      params: id,
      body: newSource,
      answers: { 201: { description: 'The new data source', schema: sourceAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 201,
        body: show(await sources.create(params.id, body, user, at, 'api')),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/bots/{id}/sync',
      summary: 'Ask for a sync of every data source of a bot',
      access: 'admin',
      tag,
      params: id,
      body: z.strictObject({}),
      answers: { 202: { description: 'The syncs, and which sources were skipped', schema: syncedAllAnswer } },
      run: async ({ params, user, at }) => {
        const { queued, skipped } = await sources.syncAll(params.id, 'api', user, at);
        return {
          status: 202,
          body: {
            data: queued.map(({ sync }) => showSync(sync)),
            skipped: skipped.map(({ id, name, why }) => ({ dataSourceId: id, name, reason: why })),
          },
        };
      },
    }),
    endpoint({
      method: 'get',
      path: '/data-sources/{id}',
      summary: 'Read a data source',
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The data source', schema: sourceAnswer } },
      run: async ({ params, user }) => ({ status: 200, body: show(await sources.seenBy(user, params.id)) }),
    }),
    endpoint({
      method: 'patch',
      path: '/data-sources/{id}',
      summary: 'Change a data source; with another config it is synced again',
      access: 'admin',
      tag,
      params: id,
      body: sourceChanges,
      answers: { 200: { description: 'The data source as it is now', schema: sourceAnswer } },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: show(await sources.change(params.id, body, user, at, 'api')),
      }),
    }),
    endpoint({
      method: 'delete',
      path: '/data-sources/{id}',
      summary: 'Delete a data source with all that was read from it',
      access: 'admin',
      tag,
      params: id,
      answers: { 204: { description: 'Deleted' } },
      run: async ({ params, user, at }) => {
        await sources.remove(params.id, user, at);
        return { status: 204 };
      },
    }),
  ];
}
