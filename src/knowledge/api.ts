import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso, isoTime, page, pageOf, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import type { SourceService } from '../sources/service.js';
import { rowStore, type StoredRow } from './rows.js';
import type { KnowledgeSearch } from './search.js';

const id = z.object({ id: z.string() });
const tag = 'Knowledge';

const rowAnswer = z
  .object({
    id: z.string(),
    key: z.string().meta({ description: 'What the row is known by from one sync to the next' }),
    title: z.string(),
    url: z.string().nullable(),
    tokens: z.int(),
    documents: z.int(),
    changedAt: isoTime,
  })
  .meta({ id: 'Row' });

const foundAnswer = z.object({
  data: z.array(
    z.object({
      dataSourceId: z.uuid(),
      title: z.string(),
      url: z.string().nullable(),
      text: z.string(),
      score: z.number().meta({ description: 'bm25: the higher, the better it fits' }),
    }),
  ),
});

const searchQuery = z.object({
  q: z.string('Missing').trim().min(1, 'Missing').meta({ description: 'Words, or a question' }),
  limit: z.coerce.number().int().min(1).max(50).default(10).meta({ description: 'How many, at most 50' }),
});

const show = ({ since, ...row }: StoredRow) => ({
  ...row,
  id: String(row.id),
  changedAt: iso(row.changedAt),
});

type Parts = {
  bots: Pick<BotService, 'seenBy'>;
  sources: Pick<SourceService, 'seenBy'>;
  search: KnowledgeSearch;
};

export function knowledgeEndpoints(
  { reader }: Pick<Deps, 'reader'>,
  { bots, sources, search }: Parts,
): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/data-sources/{id}/rows',
      summary: 'List the rows of a data source that can be searched now, the latest changed first',
      access: 'user',
      tag,
      params: id,
      query: pageQuery,
      answers: { 200: { description: 'A page of rows', schema: pageOf(rowAnswer) } },
      run: async ({ params, query, user }) => {
        const source = await sources.seenBy(user, params.id);
        const rows = await rowStore(reader).listOf(source.id, windowOf(query, 'number, number'));
        return { status: 200, body: page(rows, query.limit, (row) => [row.since, row.id], show) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/bots/{id}/search',
      summary: 'Search the documents of a bot, the best match first',
      access: 'user',
      tag,
      params: id,
      query: searchQuery,
      answers: { 200: { description: 'Passages', schema: foundAnswer } },
      run: async ({ params, query, user }) => {
        const bot = await bots.seenBy(user, params.id);
        return { status: 200, body: { data: await search(bot.id, query.q, query.limit) } };
      },
    }),
  ];
}
