import type { Server } from 'node:http';
import type { Express } from 'express';

type Layer = {
  route?: { path: string | string[]; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
  rawPath: string | string[];
};

type Entry = { method: string; path: string };

/** Every address that pages send forms to, from the router's own table, with `x` for its parameters. */
export function changingPages(server: Server): string[] {
  const changes = routes(server, ['post', 'put', 'patch', 'delete', '_all']);
  return changes.filter((path) => !path.startsWith('/api/')).map((path) => path.replace(/:\w+/g, 'x'));
}

/** Every page of those who are signed in, as the router's own table has it: `/app/bots/:id`. */
export function shownPages(server: Server): string[] {
  return routes(server, ['get'])
    .map((path) => path.replace(/(?<=.)\/$/, ''))
    .filter((path) => /^\/app\b/.test(path) && !/\/live$|\.(csv|json)$/.test(path));
}

/** Everything that answers: `GET /app/bots/:id`, and `ANY /inbox` for what takes any method at or below an address. */
export function everyRoute(server: Server): string[] {
  const answering = entries(server).filter(({ path }) => path !== '');
  return [...new Set(answering.map(({ method, path }) => `${method} ${path}`))].sort();
}

function routes(server: Server, methods: string[]): string[] {
  const wanted = entries(server).filter(({ method }) => methods.includes(method.toLowerCase()));
  return [...new Set(wanted.map(({ path }) => path))].sort();
}

function entries(server: Server): Entry[] {
  const app = server.listeners('request')[0] as Express;
  return walk(app.router.stack as unknown as Layer[], '');
}

function walk(layers: Layer[], base: string): Entry[] {
  return layers.flatMap(({ route, handle, rawPath }) => {
    if (route) {
      const methods = Object.keys(route.methods).map((method) => method.toUpperCase());
      return [route.path].flat().flatMap((path) => methods.map((method) => ({ method, path: base + path })));
    }
    const places = [rawPath].flat().map((path) => (path === '/' ? base : base + path));
    return places.flatMap((path) => (handle.stack ? walk(handle.stack, path) : [{ method: 'ANY', path }]));
  });
}
