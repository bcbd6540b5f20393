import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFetch, type Fetch, type Limits } from '../../src/net/fetch.js';
import { createGuard } from '../../src/net/guard.js';
import { parseRules } from '../../src/net/rules.js';

type Answer = { status?: number; headers?: Record<string, string>; body?: string | Buffer };

/** A path with its query leads to HTML, to bytes, to an answer in full, or to a function that answers. */
export type Pages = Record<string, string | Buffer | Answer | RequestListener>;

export type Site = {
  origin: string;
  port: number;
  /** May be changed between two requests. */
  pages: Pages;
  /** Every request so far, oldest first. */
  requests: { path: string; headers: IncomingHttpHeaders; status: number }[];
  paths: () => string[];
  connections: () => number;
  close: () => Promise<void>;
};

/** A real server on 127.0.0.1; what has a body gets an ETag and is answered with 304 to whom knows it. */
export async function staticSite(pages: Pages = {}): Promise<Site> {
  const requests: Site['requests'] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const page = site.pages[path];
    const seen = { path, headers: request.headers, status: 0 };
    requests.push(seen);
    response.on('finish', () => {
      seen.status = response.statusCode;
    });
    if (typeof page === 'function') return page(request, response);
    const { status = 200, headers = {}, body } = whole(page);
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    if (status === 200 && request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    response.writeHead(status, { ...(status === 200 && { ETag: etag }), ...headers }).end(body);
  });
  server.on('connection', () => {
    connections++;
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const site: Site = {
    origin: `http://127.0.0.1:${port}`,
    port,
    pages,
    requests,
    paths: () => requests.map(({ path }) => path),
    connections: () => connections,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return site;
}

function whole(page: string | Buffer | Answer | undefined): Required<Answer> {
  if (page === undefined)
    return { status: 404, headers: { 'Content-Type': 'text/plain' }, body: 'Not Found' };
  if (typeof page === 'string' || Buffer.isBuffer(page))
    return { status: 200, headers: { 'Content-Type': 'text/html' }, body: page };
  return { status: 200, headers: {}, body: '', ...page };
}

/** A fetch that may reach these sites and nothing else that is not public. */
export function fetchFor(sites: Pick<Site, 'port'>[], limits: Partial<Limits> = {}): Fetch {
  const rules = parseRules(sites.map(({ port }) => `127.0.0.1:${port},localhost:${port}`).join());
  return createFetch({
    guard: createGuard(() => rules),
    agent: 'Hookbell/test (+http://localhost)',
    ...limits,
  });
}
