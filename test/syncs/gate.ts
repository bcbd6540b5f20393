import { staticSite } from '../support/staticSite.js';

/** JSON in two pages, the second of which is answered only once it is let through. */
export async function gatedSite() {
  let open = () => {};
  let closed = Promise.resolve();
  let pages: object[][] = [[], []];
  let asked = 0;
  const json = { 'Content-Type': 'application/json' };
  const site = await staticSite({
    '/first': (_req, res) => {
      res.writeHead(200, json).end(JSON.stringify({ items: pages[0], next: '/second' }));
    },
    '/second': async (_req, res) => {
      asked += 1;
      await closed;
      res.writeHead(200, json).end(JSON.stringify({ items: pages[1] }));
    },
  });
  return {
    source: { type: 'json', config: { url: `${site.origin}/first`, idField: 'id', nextPath: 'next' } },
    serve: (first: object[], second: object[]) => {
      pages = [first, second];
    },
    /** From now on the second page waits. */
    shut: () => {
      asked = 0;
      closed = new Promise((resolve) => {
        open = resolve;
      });
    },
    letThrough: () => open(),
    /** How often somebody came to the second page since it was shut. */
    asked: () => asked,
    close: async () => {
      open();
      await site.close();
    },
  };
}

/** Items `from` to `to` of a source in which each says `word`. */
export const items = (from: number, to: number, word: string) =>
  Array.from({ length: to - from }, (_, n) => ({
    id: from + n,
    title: `Item ${from + n}`,
    text: `${word} ${from + n}`,
  }));
