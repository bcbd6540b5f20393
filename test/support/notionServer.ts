import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Block, type Page, pageObject, placed, type Stored } from './notionObjects.js';

export const token = 'ntn_S3cretOfTheIntegration42';

type Asked = {
  method: string;
  path: string;
  authorization: string;
  version: string;
  agent: string;
  at: number;
};
type Reply = { status: number; headers?: OutgoingHttpHeaders; body?: unknown };
type Given = { body: Record<string, unknown>; query: URLSearchParams };

export type NotionServer = Awaited<ReturnType<typeof notionServer>>;

/** A server that speaks Notion's API as of 2025-09-03, with a workspace that may be changed between two requests. */
export async function notionServer() {
  const pages = new Map<string, Page>();
  const databases = new Map<string, { sources: string[]; in_trash: boolean }>();
  const sources = new Map<string, string[]>();
  const children = new Map<string, Stored[]>();
  const requests: Asked[] = [];
  const scripted: { path: RegExp; reply: Reply; times: number }[] = [];
  const hidden = new Set<string>();
  /** Most results of one answer, and of one query with all its pages. */
  const limits = { page: 100, query: 10_000 };
  let last = 0;

  const newId = () => `00000000-0000-4000-8000-${String(++last).padStart(12, '0')}`;

  function place(parent: string, blocks: Block[]): void {
    children.set(
      parent,
      blocks.map((block) => {
        const id = block.id ?? newId();
        if (block.children) place(id, block.children);
        return { ...block, id };
      }),
    );
  }

  function answer(method: string, path: string, { body, query }: Given): unknown {
    const [, kind = '', id = '', inner = '', property = ''] = path.split('/').slice(1);
    const key = [method, kind, inner].filter(Boolean).join(' ');
    if (key !== 'POST search' && hidden.has(id)) return null;
    switch (key) {
      case 'GET pages':
        return pages.has(id) ? pageObject(id, pages.get(id)!) : null;
      case 'GET pages properties':
        return listOf(valuesOf(id, decodeURIComponent(property)), query.get('start_cursor'));
      case 'GET databases':
        return databases.has(id) ? databaseObject(id) : null;
      case 'GET data_sources':
        return sources.has(id) ? { object: 'data_source', id, title: [], properties: {} } : null;
      case 'POST data_sources query':
        return sources.has(id) ? queried(sources.get(id)!, body) : null;
      case 'GET blocks children':
        return children.has(id) || pages.has(id)
          ? listOf((children.get(id) ?? []).map(placed), query.get('start_cursor'))
          : null;
      case 'POST search':
        return listOf(shared(), body.start_cursor);
      default:
        return null;
    }
  }

  const entry = (id: string) =>
    pages.has(id) ? pageObject(id, pages.get(id)!) : { object: 'data_source', id, title: [] };

  const shared = () => [...pages.keys(), ...sources.keys()].filter((id) => !hidden.has(id)).map(entry);

  function databaseObject(id: string) {
    const { sources, in_trash } = databases.get(id)!;
    const data_sources = sources.map((id) => ({ id, name: '' }));
    return { object: 'database', id, title: [], data_sources, in_trash, url: `https://www.notion.so/${id}` };
  }

  function queried(ids: string[], { start_cursor, filter }: Record<string, unknown>) {
    const from = (filter as { created_time?: { on_or_after: string } } | undefined)?.created_time
      ?.on_or_after;
    const all = ids
      .filter((id) => !pages.get(id)?.in_trash)
      .map((id) => ({ ...entry(id), created_time: pages.get(id)?.created }))
      .filter(({ created_time = '' }) => !from || created_time >= from)
      .sort((a, b) => ((a.created_time ?? '') < (b.created_time ?? '') ? -1 : 1));
    const list = listOf(all.slice(0, limits.query), start_cursor);
    const isCut = all.length > limits.query && !list.has_more;
    return { ...list, request_status: { type: isCut ? 'incomplete' : 'complete' } };
  }

  function valuesOf(id: string, name: string): unknown[] {
    const { all = [], type } = pages.get(id)!.properties[name] as { type: string; all?: unknown[] };
    return all.map((value) => ({ object: 'property_item', type, [type]: value }));
  }

  function listOf(all: unknown[], cursor: unknown) {
    const start = Number(/^after-(\d+)$/.exec(String(cursor ?? ''))?.[1] ?? 0);
    const end = start + limits.page;
    const has_more = end < all.length;
    const next_cursor = has_more ? `after-${end}` : null;
    return { object: 'list', results: all.slice(start, end), has_more, next_cursor };
  }

  async function take(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const { authorization = '', 'notion-version': version = '', 'user-agent': agent = '' } = request.headers;
    const method = request.method ?? 'GET';
    const asked = { method, path: pathname, authorization, version: String(version), agent };
    requests.push({ ...asked, at: performance.now() });
    const script = scripted.find(({ path, times }) => times > 0 && path.test(`${method} ${pathname}`));
    if (script) script.times--;
    const { status, headers, body } =
      script?.reply ??
      reply(method, pathname, authorization, version, {
        body: chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {},
        query: searchParams,
      });
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  }

  function reply(method: string, path: string, authorization: string, version: unknown, given: Given): Reply {
    if (authorization !== `Bearer ${token}`) return refusal(401, 'unauthorized', 'API token is invalid.');
    if (version !== '2025-09-03') return refusal(400, 'missing_version', 'Notion-Version is missing.');
    const body = answer(method, path, given);
    return body ? { status: 200, body } : refusal(404, 'object_not_found', `Could not find ${path}`);
  }

  const server = createServer(take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    limits,
    requests,
    /** `GET pages 1` and so on: what was asked for, ids without what they all have. */
    asked: () =>
      requests.map(({ method, path }) =>
        `${method} ${path.slice('/v1/'.length)}`.replaceAll(/00000000-0000-4000-8000-0*/g, ''),
      ),

    page(page: Partial<Page>, blocks: Block[] = []): string {
      const id = newId();
      pages.set(id, {
        title: '',
        properties: {},
        edited: '2025-03-01T10:00:00.000Z',
        created: '2025-02-01T10:00:00.000Z',
        in_trash: false,
        ...page,
      });
      place(id, blocks);
      return id;
    },
    change(id: string, page: Partial<Page>, blocks?: Block[]): void {
      pages.set(id, { ...pages.get(id)!, ...page });
      if (blocks) place(id, blocks);
    },
    /** Of one data source for each list of entries. */
    database(...entries: string[][]): { id: string; sources: string[] } {
      const id = newId();
      const own = entries.map((ids) => {
        const source = newId();
        sources.set(source, ids);
        return source;
      });
      databases.set(id, { sources: own, in_trash: false });
      return { id, sources: own };
    },
    /** What lies in a data source from now on. */
    fill: (source: string, ids: string[]) => void sources.set(source, ids),
    /** It is not shared with the integration, or is gone for ever. */
    hide: (id: string) => void hidden.add(id),
    /** The next requests that match (`GET /v1/…`) are answered thus. */
    answerNext: (path: RegExp, reply: Reply, times = 1) => void scripted.push({ path, reply, times }),
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

export const refusal = (status: number, code: string, message: string): Reply => ({
  status,
  body: { object: 'error', status, code, message },
});
