import {
  type BlockObjectResponse,
  Client,
  isFullBlock,
  isFullDatabase,
  iterateAllDataSourceRows,
  type QueryDataSourceParameters,
} from '@notionhq/client';
import { SourceError, type Surroundings } from '../connector.js';
import type { Config } from '../notion.js';
import { politeFetch } from './polite.js';
import { explained, notInTheseWords, Unread } from './reasons.js';

type Answer = { object: string };
type List<Result> = Answer & { results: Result[]; next_cursor: string | null };

const most = { page_size: 100 };

export type Workspace = ReturnType<typeof workspace>;

/** What an integration may see of Notion. Whatever cannot be read is thrown in words, as `explained` puts it. */
export function workspace({ token, baseUrl }: Config, around: Pick<Surroundings, 'fetch' | 'signal'>) {
  const base = new URL(baseUrl?.replace(/\/+(v1\/*)?$/, '') ?? 'https://api.notion.com');
  const { fetch, now } = politeFetch(around);
  const client = new Client({
    auth: token,
    baseUrl: base.href.replace(/\/+$/, ''),
    fetch,
    retry: false,
    // It has its own limits, and waits as long as Notion asks for.
    timeoutMs: 2 ** 31 - 1,
    logger: () => {},
  });

  async function asked<Given extends Answer>(
    what: string,
    object: string,
    call: () => Promise<Given>,
  ): Promise<Given> {
    const given = await call().catch((error) => {
      around.signal.throwIfAborted();
      throw explained(error, what, { base, token });
    });
    if (given?.object !== object) throw notInTheseWords(base);
    return given;
  }

  /** Asks for one page of a list; refuses to go round in circles. */
  function listing(what: string) {
    const cursors = new Set<string>();
    return async <Result>(call: () => Promise<List<Result>>) => {
      const list = await asked(what, 'list', call);
      if (!Array.isArray(list.results)) throw notInTheseWords(base);
      if (list.next_cursor && cursors.has(list.next_cursor))
        throw new SourceError(`the list of ${what} leads back into itself`);
      if (list.next_cursor) cursors.add(list.next_cursor);
      return list;
    };
  }

  async function* listed<Result>(what: string, call: (cursor?: string) => Promise<List<Result>>) {
    const next = listing(what);
    for (let cursor: string | undefined; ; ) {
      const list = await next(() => call(cursor));
      yield* list.results;
      if (!list.next_cursor) return;
      cursor = list.next_cursor;
    }
  }

  return {
    now,

    page: (id: string, what: string) => asked(what, 'page', () => client.pages.retrieve({ page_id: id })),

    /** The data sources of a database, or the one whose id it is. */
    async dataSources(id: string): Promise<string[]> {
      const what = `the database ${id}`;
      const database = () => client.databases.retrieve({ database_id: id });
      const found = await asked(what, 'database', database).catch(async (error) => {
        if (!(error instanceof Unread && error.fault === 'absent')) throw error;
        await asked(what, 'data_source', () => client.dataSources.retrieve({ data_source_id: id }));
        return null;
      });
      if (!found) return [id];
      if (!isFullDatabase(found) || found.in_trash) return [];
      return found.data_sources.map((source) => source.id);
    },

    /** What is in a data source: pages, and in a wiki other data sources. A single query gives at most 10,000. */
    async *entries(id: string) {
      const what = `the database ${id}`;
      let next = listing(what);
      const query = (args: QueryDataSourceParameters) => {
        // Another query of its own, for those that are younger.
        if (!args.start_cursor) next = listing(what);
        return next(() => client.dataSources.query(args));
      };
      const all = { dataSources: { query } } as unknown as Client;
      yield* iterateAllDataSourceRows(all, { data_source_id: id, ...most });
    },

    async *blocks(id: string, what: string): AsyncGenerator<BlockObjectResponse> {
      const list = (start_cursor?: string) =>
        client.blocks.children.list({ block_id: id, start_cursor, ...most });
      for await (const block of listed(what, list)) if (isFullBlock(block)) yield block;
    },

    /** All values of a property, of which a page itself holds the first 25. */
    values: (page: string, property: string, what: string) =>
      listed(what, async (start_cursor) => {
        const ids = { page_id: page, property_id: property };
        const given = await client.pages.properties.retrieve({ ...ids, start_cursor, ...most });
        return given as Extract<typeof given, { results: unknown }>;
      }),

    /** Every page and data source that was shared with the integration, as far as Notion's search finds them. */
    everything: () => listed('what is shared', (start_cursor) => client.search({ start_cursor, ...most })),
  };
}
