import { expect } from 'chai';
import { type Site, staticSite } from '../support/staticSite.js';
import { type Ground, ground } from './ground.js';

const page = (text: string, comment = '') =>
  `<!doctype html><title>${text}</title><main><p>${text} is what this page is about, at some length.</p></main>` +
  `<nav><a href="/">home</a> <a href="/a">a</a> <a href="/b">b</a></nav><!-- ${comment} -->`;

describe('what a sync remembers of each page', () => {
  let g: Ground;
  let site: Site;
  before(async () => {
    g = await ground();
    site = await staticSite({ '/': page('home'), '/a': page('apples'), '/b': page('bees') });
  });
  after(async () => {
    await site.close();
    await g.stop();
  });

  /** What the pages were answered with since the last look. */
  const statuses = () =>
    Object.fromEntries(
      site.requests
        .splice(0)
        .filter(({ path }) => path !== '/robots.txt')
        .map(({ path, status }) => [path, status]),
    );

  it('makes the next one ask only for what has changed, and is kept up to date beside a text that has not', async () => {
    const source = await g.source({ type: 'website', config: { url: `${site.origin}/` } });
    await g.settled(source.id);
    expect(statuses()).to.deep.equal({ '/': 200, '/a': 200, '/b': 200 });
    const before = await g.db('rows').select('id').orderBy('id');
    site.pages['/a'] = page('apples', 'printed a moment later');

    await g.sync(source.id);
    const second = await g.settled(source.id);
    expect(statuses()).to.deep.equal({ '/': 304, '/a': 200, '/b': 304 });
    expect(second.results).to.include({ modifiedRows: 0, unmodifiedRows: 3 });
    expect(await g.db('rows').select('id').orderBy('id')).to.deep.equal(before);

    await g.sync(source.id);
    await g.settled(source.id);
    expect(statuses()).to.deep.equal({ '/': 304, '/a': 304, '/b': 304 });
  });
});
