import { expect } from 'chai';
import type { Pages } from '../../../support/staticSite.js';
import { reasonOf } from '../reading.js';
import { page, websiteOfTests } from './ground.js';

describe('a website source', () => {
  const at = websiteOfTests();
  const { serve, readSite, pathsOf, asked } = at;

  describe('with a robots.txt', () => {
    const robots = (...lines: string[]) => ({
      '/robots.txt': { headers: { 'Content-Type': 'text/plain' }, body: lines.join('\n') },
    });

    it('does not go where it may not', async () => {
      serve({
        ...robots('User-agent: *', 'Disallow: /private', 'Allow: /private/open', 'Disallow: /*?print'),
        '/': page('Home', '/private/a', '/private/open', '/a?print', '/a'),
        '/private/open': page('Open'),
        '/a': page('A'),
      });

      expect(pathsOf(await readSite())).to.deep.equal(['/', '/private/open', '/a']);
      expect(asked()).to.have.members(['/', '/private/open', '/a']);
    });

    it('goes by what is said to Hookbell rather than to all', async () => {
      serve({
        ...robots('User-agent: hookbell', 'Disallow:', '', 'User-agent: *', 'Disallow: /'),
        '/': page('Home'),
      });
      expect(pathsOf(await readSite())).to.deep.equal(['/']);

      serve(robots('User-agent: *', 'Disallow:', '', 'User-agent: Hookbell', 'Disallow: /'));
      expect(await reasonOf(readSite())).to.equal(
        `robots.txt does not allow Hookbell to read ${at.site.origin}/`,
      );
    });

    it('waits as long between two pages as it is asked to', async () => {
      const times: number[] = [];
      const timed =
        (title: string, ...links: string[]): Pages[string] =>
        (_request, response) => {
          times.push(performance.now());
          response.setHeader('Content-Type', 'text/html').end(page(title, ...links));
        };
      serve({
        ...robots('User-agent: *', 'Crawl-delay: 0.05'),
        '/': timed('Home', '/a', '/b'),
        '/a': timed('A'),
        '/b': timed('B'),
      });

      await readSite();

      expect(times[1]! - times[0]!).to.be.above(48);
      expect(times[2]! - times[1]!).to.be.above(48);
    });

    it('allows everything where there is none', async () => {
      for (const status of [404, 401, 403]) {
        serve({ '/robots.txt': { status }, '/': page('Home') });
        expect((await readSite()).rows).to.have.length(1);
      }
    });

    it('fails where the server fails to show it', async () => {
      serve({ '/robots.txt': { status: 500 }, '/': page('Home') });

      expect(await reasonOf(readSite())).to.equal(
        `${at.site.origin}/robots.txt could not be read: the server answered 500 Internal Server Error`,
      );
      expect(asked()).to.deep.equal([]);
    });
  });
});
