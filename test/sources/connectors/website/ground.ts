import { fetchFor, type Pages, type Site, staticSite } from '../../../support/staticSite.js';
import { type Read, read } from '../reading.js';

/** A page with a title, a heading and a sentence of this name, and links. */
export const page = (title: string, ...links: string[]) =>
  `<!doctype html><html><head><meta charset="utf-8"><title>${title}</title></head><body>
   <nav>${links.map((link) => `<a href="${link}">${link}</a>`).join(' ')}</nav>
   <main><h1>${title}</h1><p>About ${title}.</p></main></body></html>`;

/** One that shows nothing without JavaScript. */
export const scripted = '<html><body><div id="root"></div><script src="/app.js"></script></body></html>';

/** An empty site for each test of this `describe`, and how a data source reads it. */
export function websiteOfTests() {
  let site: Site;
  beforeEach(async () => {
    site = await staticSite();
  });
  afterEach(() => site.close());

  return {
    get site() {
      return site;
    },
    serve: (pages: Pages) => Object.assign(site.pages, pages),
    readSite: (config: object = {}, { after, limits = {} }: { after?: Read; limits?: object } = {}) =>
      read('website', { url: `${site.origin}/`, ...config }, { fetch: fetchFor([site], limits), after }),
    pathsOf: ({ keys }: Read) => keys.map((key) => key!.replace(site.origin, '')),
    asked: () => site.paths().filter((path) => path !== '/robots.txt'),
  };
}
