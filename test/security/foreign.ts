import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openContext, signIn } from '../support/browser.js';
import type { House } from './house.js';

/** A page of somebody else, opened by an admin who is signed in. */
export function foreignPages(room: () => House, browser: () => Browser): void {
  describe('a page of another site', () => {
    let site: Server;
    let html = '';
    let page: Page;
    before(async () => {
      site = createServer((_req, res) => res.setHeader('Content-Type', 'text/html').end(html));
      await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
      const { running, admin } = room();
      ({ page } = await openContext(browser(), { baseURL: running.url }));
      await signIn(page, admin);
    });
    after(async () => {
      await page?.context().close();
      site.close();
      site.closeAllConnections();
    });

    /** The name is another site to the browser, although it leads to the same machine. */
    async function visit(content: string): Promise<void> {
      html = `<!doctype html><title>Elsewhere</title>${content}`;
      await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
    }

    const bots = async () => Number((await room().db('bots').count({ n: '*' }))[0]!.n);

    it('changes nothing by sending one of our forms', async () => {
      const { running } = room();
      const before = await bots();
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
        await visit(`<form method="post" action="${running.url}/app/bots" enctype="${type}">
          <input name="name" value="Forged"><input name="_csrf" value="x"><button>Win</button></form>`);
        const answer = page.waitForResponse((one) => one.request().method() === 'POST');
        await page.getByRole('button', { name: 'Win' }).click();
        expect((await answer).status(), type).to.equal(403);
      }
      expect(await bots()).to.equal(before);
    });

    it('reads and changes nothing by a script, though the browser has a session', async () => {
      const { running, bot } = room();
      const before = await bots();
      await visit('');
      const outcome = await page.evaluate<string[]>(`Promise.all([
        fetch('${running.url}/app/bots', { credentials: 'include' }),
        fetch('${running.url}/api/v1/bots', { credentials: 'include' }),
        fetch('${running.url}/app/bots', { method: 'POST', credentials: 'include', body: new URLSearchParams({ name: 'Forged' }) }),
        fetch('${running.url}/app/bots/${bot}/delete', { method: 'POST', credentials: 'include', mode: 'no-cors' }),
        fetch('${running.url}/api/v1/bots/${bot}', { method: 'DELETE', credentials: 'include' }),
        fetch('${running.url}/api/public/chat/${bot}/conversations', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }),
      ].map((asked) => asked.then((answer) => answer.type, (error) => error.name)))`);
      // Not even one that was sent blindly may be looked at.
      expect(outcome).to.deep.equal(Array(6).fill('TypeError'));
      expect(await bots()).to.equal(before);
    });

    it('cannot frame our pages, nor a chat whose bot does not allow it', async () => {
      const { running, bot } = room();
      for (const path of ['/login', '/app', `/chat/${bot}`]) {
        const blocked = page.waitForEvent('console', (message) =>
          /frame-ancestors|X-Frame-Options/.test(message.text()),
        );
        await visit(`<iframe src="${running.url}${path}"></iframe>`);
        expect((await blocked).text(), path).to.match(/Refused to frame|Framing/);
      }
    });
  });
}
