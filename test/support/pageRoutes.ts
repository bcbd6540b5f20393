import type { Server } from 'node:http';
import type { Express } from 'express';

type Layer = {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
  rawPath: string | string[];
};

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

function routes(server: Server, methods: string[]): string[] {
  const app = server.listeners('request')[0] as Express;
  return [...new Set(walk(app.router.stack as unknown as Layer[], '', methods))].sort();
}

function walk(layers: Layer[], base: string, methods: string[]): string[] {
  return layers.flatMap((layer) => {
    if (layer.route) {
      return methods.some((method) => layer.route!.methods[method]) ? [base + layer.route.path] : [];
    }
    const places = [layer.rawPath].flat().map((path) => (path === '/' ? base : base + path));
    return places.flatMap((place) => walk(layer.handle.stack ?? [], place, methods));
  });
}
