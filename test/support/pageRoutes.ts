import type { Server } from 'node:http';
import type { Express } from 'express';

type Layer = {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
  rawPath: string | string[];
};

/** Every address that pages send forms to, from the router's own table, with `x` for its parameters. */
export function changingPages(server: Server): string[] {
  const app = server.listeners('request')[0] as Express;
  return [...new Set(walk(app.router.stack as unknown as Layer[], ''))].sort();
}

function walk(layers: Layer[], base: string): string[] {
  return layers.flatMap((layer) => {
    if (layer.route) {
      const path = base + layer.route.path.replace(/:\w+/g, 'x');
      const changes = ['post', 'put', 'patch', 'delete', '_all'].some(
        (method) => layer.route!.methods[method],
      );
      return changes && !path.startsWith('/api/') ? [path] : [];
    }
    const places = [layer.rawPath].flat().map((path) => (path === '/' ? base : base + path));
    return places.flatMap((place) => walk(layer.handle.stack ?? [], place));
  });
}
