import { expect } from 'chai';
import type { Pages } from '../../../support/staticSite.js';
import { page, scripted, websiteOfTests } from './ground.js';

describe('a website source', () => {
  const at = websiteOfTests();
  const { serve, readSite, pathsOf } = at;

  describe('that is crawled', () => {
    describe('again', () => {
      const pages = (): Pages => ({
        '/': page('Home', '/index.html', '/a', '/hidden', '/old', '/b'),
        '/index.html': page('Home').replace('<title>', '<link rel=canonical href="/"><title>'),
        '/a': page('A', '/c'),
        '/hidden': '<meta name=robots content=noindex><p>Hidden <a href="/d">d</a>',
        '/old': { status: 301, headers: { Location: '/new' } },
        '/new': page('New'),
        '/b': page('B'),
        '/c': page('C'),
        '/d': page('D'),
      });

      it('asks only whether anything has changed', async () => {
        serve(pages());
        const first = await readSite();
        const before = at.site.requests.length;

        const second = await readSite({}, { after: first });
        const third = await readSite({}, { after: second });

        expect(pathsOf(first)).to.have.members(['/', '/a', '/new', '/b', '/c', '/d']);
        for (const again of [second, third]) {
          expect(again.rows).to.deep.equal([]);
          expect(again.items.filter(({ kind }) => kind === 'same')).to.have.length(6);
          expect(again.memo).to.deep.equal(first.memo);
        }
        const statuses = at.site.requests.slice(before).filter(({ path }) => path !== '/robots.txt');
        expect(new Set(statuses.map(({ status }) => status))).to.deep.equal(new Set([304, 301]));
      });

      it('reports again what needs JavaScript, and reads what it did not want the last time', async () => {
        serve({ ...pages(), '/b': scripted });
        const first = await readSite();

        const second = await readSite({ exclude: ['/new'] }, { after: first });
        second.rowMemos.delete(`${at.site.origin}/new`);
        const third = await readSite({}, { after: second });

        for (const { failed } of [first, second, third])
          expect(failed).to.deep.equal([`${at.site.origin}/b: the page shows nothing without JavaScript`]);
        expect(pathsOf(third)).to.deep.equal(['/new']);
      });

      it('finds what is new, and what is gone', async () => {
        serve(pages());
        const first = await readSite();
        serve({ '/a': page('A', '/e'), '/e': page('E'), '/b': { status: 404 } });

        const second = await readSite({}, { after: first });

        expect(pathsOf(second)).to.have.members(['/a', '/e']);
        const same = second.items.flatMap((item) =>
          item.kind === 'same' ? item.key.replace(at.site.origin, '') : [],
        );
        expect(same).to.have.members(['/', '/new', '/d']);
      });
    });
  });
});
