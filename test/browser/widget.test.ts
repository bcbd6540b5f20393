import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { type Agent, calls, type House, hire, openBot, startHouse, teach } from '../conversations/house.js';
import { openBrowser, openContext } from '../support/browser.js';
import type { Caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const hostile = '<img src=x onerror=alert(1)>';

describe('the widget', () => {
  let browser: Browser;
  let house: House;
  let ada: Agent;
  let api: Caller;
  let bot: string;
  let shop: Shop;
  let stranger: Shop;
  before(async function () {
    browser = await openBrowser(this);
    house = await startHouse();
    ada = await hire(house, 'admin');
    api = calls(house, ada);
    shop = await openShop();
    stranger = await openShop();
    ({ id: bot } = await openBot(house, [], { allowedOrigins: [shop.origin] }));
    await teach(house, bot, [
      {
        title: 'Returns',
        text: 'You may return an item within 30 days.',
        url: 'https://shop.example/returns',
      },
    ]);
    for (const { embeds } of [shop, stranger]) embeds(`${house.url}/widget.js`, bot);
  });
  after(async () => {
    await browser?.close();
    shop?.close();
    stranger?.close();
    await house?.stop();
  });

  const launcherOn = (page: Page) => page.getByRole('button', { name: 'Chat with Help desk' });
  const chatOn = (page: Page) => page.frameLocator('iframe[title="Chat with Help desk"]');

  async function visit(options: Parameters<Browser['newContext']>[0] = {}) {
    const opened = await openContext(browser, options);
    await opened.page.goto(shop.origin);
    await launcherOn(opened.page).click();
    return { ...opened, chat: chatOn(opened.page) };
  }

  async function say(chat: FrameLocator, text: string): Promise<void> {
    await chat.getByLabel('Message').fill(text);
    await chat.getByLabel('Message').press('Enter');
  }

  /** What stands in the log, from top to bottom. */
  const textsIn = (chat: FrameLocator) => chat.locator('#log .text').allInnerTexts();

  const newestConversation = async () =>
    `/conversations/${(await api.get(`/bots/${bot}/conversations`)).body.data[0].id}`;

  it('answers on a foreign page, and goes on with the conversation on the next one', async () => {
    const { context, page, chat, errors } = await visit();
    await say(chat, 'Can I return an item?');
    const source = chat.getByRole('link', { name: 'Returns' });
    await source.waitFor();
    expect(await source.getAttribute('href')).to.equal('https://shop.example/returns');
    expect(await source.getAttribute('rel')).to.equal('noreferrer noopener');
    const said = await textsIn(chat);
    expect(said).to.deep.equal([
      'Hello there!',
      'Can I return an item?',
      '“You may return an item within 30 days.”\n— Returns',
    ]);

    await page.goto(`${shop.origin}/other-page`);
    await chat.getByRole('link', { name: 'Returns' }).waitFor();
    expect(await textsIn(chat)).to.deep.equal(said);
    expect(await page.evaluate<string>('document.activeElement.localName')).to.equal('body');
    await chat.getByRole('button', { name: 'New conversation' }).click();
    await eventually('the page is fresh', async () => (await textsIn(chat)).length === 1);
    expect(errors).to.deep.equal([]);
    await context.close();
  });

  it('opens and closes by the keyboard, and says so', async () => {
    const { context, page, errors } = await openContext(browser);
    await page.goto(shop.origin);
    const launcher = launcherOn(page);
    await launcher.waitFor();
    expect(await launcher.getAttribute('aria-expanded')).to.equal('false');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await launcher.getAttribute('aria-expanded')).to.equal('true');
    const field = chatOn(page).getByLabel('Message');
    await eventually('the field has the focus', () => field.evaluate((it) => it.matches(':focus')));
    await page.keyboard.press('Escape');
    await eventually('it is closed', async () => (await launcher.getAttribute('aria-expanded')) === 'false');
    const focused = 'document.activeElement.shadowRoot?.activeElement?.localName';
    expect(await page.evaluate<string>(focused)).to.equal('button');
    await page.reload();
    await launcher.waitFor();
    expect(await launcher.getAttribute('aria-expanded')).to.equal('false');
    expect(errors).to.deep.equal([]);
    await context.close();
  });

  it('shows nothing on a page that is not allowed', async () => {
    const { context, page } = await openContext(browser);
    const warned = page.waitForEvent('console', (message) => message.text().includes('an allowed origin'));
    await page.goto(stranger.origin);
    await warned;
    expect(await page.getByRole('button').count()).to.equal(0);
    expect(await page.locator('iframe').count()).to.equal(0);
    await context.close();
  });

  it('works where the page’s own policy allows nothing else', async () => {
    const { context, page, errors } = await openContext(browser);
    await page.goto(`${shop.origin}/strict`);
    await launcherOn(page).click();
    await say(chatOn(page), 'Can I return an item?');
    await chatOn(page).getByRole('link', { name: 'Returns' }).waitFor();
    const { width } = (await page.locator('iframe').boundingBox())!;
    expect(width).to.equal(386);
    expect(errors).to.deep.equal([]);
    await context.close();
  });

  it('hears no forged messages', async () => {
    const { context, page, chat } = await visit();
    await say(chat, 'Hello');
    await eventually('the bot has answered', async () => (await textsIn(chat)).length === 3);
    const before = await textsIn(chat);
    await page.evaluate(`new Promise((done) => {
      const chat = document.querySelector('[data-hookbell]').shadowRoot.querySelector('iframe').contentWindow;
      for (const hookbell of ['ready', 'close', 'unread', 'opened', 'closed', 'message', 'state', 'renewed']) {
        const forged = { hookbell, name: 'Evil', count: 7, focus: true, content: 'Evil', state: 'Active' };
        window.postMessage(forged, '*');
        if (hookbell !== 'closed') chat.postMessage(forged, '*');
      }
      const child = document.createElement('iframe');
      child.srcdoc = '<button>Evil</button>';
      child.onload = () => {
        const send = child.contentWindow.eval(
          "(words, chat) => { parent.postMessage(words, '*'); chat.postMessage(words, '*'); }",
        );
        for (const hookbell of ['close', 'unread', 'ready', 'closed']) {
          send({ hookbell, name: 'Evil', count: 7 }, chat);
        }
        addEventListener('message', ({ data }) => data === 'last' && done());
        window.postMessage('last', '*');
      };
      document.body.append(child);
    })`);
    await say(chat, 'Hello again');
    await eventually('the bot has answered', async () => (await textsIn(chat)).length === 5);
    expect((await textsIn(chat)).slice(0, 3)).to.deep.equal(before);
    const launcher = launcherOn(page);
    expect(await launcher.getAttribute('aria-expanded')).to.equal('true');
    expect(await launcher.getAttribute('aria-label')).to.equal('Chat with Help desk');
    await context.close();
  });

  it('asks for a human, and shows who joins, what they say and that they leave', async () => {
    const { context, page, chat, errors } = await visit();
    await chat.getByRole('button', { name: 'Talk to a human' }).click();
    await chat.getByLabel('E-mail address').fill('not an address');
    await chat.getByLabel('What is it about?').fill('My parcel is lost');
    await chat.getByRole('button', { name: 'Ask for a human' }).click();
    await chat.getByText('Enter an e-mail address such as').waitFor();
    expect(await chat.getByLabel('E-mail address').getAttribute('aria-invalid')).to.equal('true');
    await chat.getByLabel('E-mail address').fill('visitor@example.com');
    await chat.getByLabel('E-mail address').press('Enter');
    await chat.getByText('Someone was told.').waitFor();
    await chat.getByRole('button', { name: 'Cancel request' }).click();
    await chat.getByText('The request for a human was withdrawn.').waitFor();
    await chat.getByRole('button', { name: 'Talk to a human' }).click();
    await chat.getByRole('button', { name: 'Ask for a human' }).click();
    await chat.getByText('Someone was told.').waitFor();

    const conversation = await newestConversation();
    expect((await api.get(conversation)).body).to.include({
      state: 'Escalated',
      userEmail: 'visitor@example.com',
    });
    await api.post(`${conversation}/claim`);
    await chat.getByText(`${ada.name} joined the conversation.`).waitFor();
    await chat.getByText(`${ada.name} is in this conversation.`).waitFor();
    await chat.getByRole('button', { name: 'Close chat' }).click();
    await api.post(`${conversation}/messages`, { content: hostile, from: 'agent' });
    await page.getByRole('button', { name: 'Chat with Help desk, 1 new message' }).click();
    await chat.locator('#log').getByText(hostile).waitFor();
    await api.post(`${conversation}/release`);
    await chat.getByText(`${ada.name} left. The bot answers again.`).waitFor();
    await chat.getByRole('button', { name: 'Talk to a human' }).waitFor();
    expect(await launcherOn(page).getAttribute('aria-label')).to.equal('Chat with Help desk');
    expect(errors).to.deep.equal([]);
    await context.close();
  });

  it('shows hostile text as text', async () => {
    const { context, page, chat, errors } = await visit();
    let alerts = 0;
    page.on('dialog', (dialog) => {
      alerts += 1;
      return dialog.dismiss();
    });
    await say(chat, hostile);
    await chat.locator('#log').getByText(hostile, { exact: true }).waitFor();
    await eventually('the bot has answered', async () => (await textsIn(chat)).length === 3);
    expect(await chat.locator('img').count()).to.equal(0);
    expect(alerts).to.equal(0);
    expect(errors).to.deep.equal([]);
    await context.close();
  });

  it('gives back what was refused, and says why', async () => {
    const { context, chat } = await visit();
    const tooLong = 'x'.repeat(8001);
    await say(chat, tooLong);
    await chat.getByText('Your message was not sent. At most 8,000 characters').waitFor();
    expect(await chat.getByLabel('Message').inputValue()).to.equal(tooLong);
    expect(await textsIn(chat)).to.deep.equal(['Hello there!']);
    await context.close();
  });

  it('loses nothing and doubles nothing when the answers of the server are lost', async () => {
    const { context, chat } = await visit();
    let lost = 0;
    await context.route('**/api/public/chat/**', async (route) => {
      if (route.request().method() !== 'POST' || lost >= 3) return route.continue();
      lost += 1;
      await route.fetch();
      await route.abort();
    });
    await say(chat, 'One');
    await say(chat, 'Two');
    await eventually('both are answered', async () => (await textsIn(chat)).length === 5);
    expect(lost).to.equal(3);
    const { messages } = (await api.get(await newestConversation())).body;
    const mine = messages.filter(({ from }: { from: string }) => from === 'visitor');
    expect(mine.map(({ content }: { content: string }) => content)).to.deep.equal(['One', 'Two']);
    expect(await chat.locator('#unsent .message').count()).to.equal(0);
    await context.close();
  });

  it('comes back by itself after the server was started again, with nothing lost or doubled', async () => {
    const { context, chat } = await visit();
    await say(chat, 'Before');
    await eventually('the bot has answered', async () => (await textsIn(chat)).length === 3);
    const port = Number(new URL(house.url).port);
    await house.stop({ keep: true });
    await say(chat, 'While it was away');
    await chat.getByText('No connection. Trying again…').waitFor();
    await chat.locator('#unsent').getByText('While it was away').waitFor();
    house = await startHouse({ port, dataDir: house.dataDir });
    await eventually('both are answered', async () => (await textsIn(chat)).length === 5);
    const texts = await textsIn(chat);
    expect(texts.filter((text) => text === 'Before')).to.have.length(1);
    expect(texts.filter((text) => text === 'While it was away')).to.have.length(1);
    await chat.getByText('No connection').waitFor({ state: 'detached' });
    const { messages } = (await api.get(await newestConversation())).body;
    expect(messages).to.have.length(4);
    await context.close();
  });

  it('takes over a page whose form was sent before the script was there', async () => {
    const { context, page } = await openContext(browser);
    await page.route('**/chat.js*', (route) => route.abort());
    await page.goto(`${house.url}/chat/${bot}`);
    await page.getByLabel('Message').fill('Can I return an item?');
    await page.unroute('**/chat.js*');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('html[data-ready]').waitFor();
    await page.getByText('within 30 days').waitFor();
    await page.getByLabel('Message').fill('Thank you');
    await page.getByLabel('Message').press('Enter');
    const texts = () => page.locator('#log .text').allInnerTexts();
    await eventually('both are answered', async () => (await texts()).length === 5);
    await page.reload();
    await eventually('both are there', async () => (await texts()).length === 5);
    await context.close();
  });

  it('has no serious finding of axe, in light and in dark, and nothing sideways on a phone', async () => {
    const options = { viewport: { width: 390, height: 780 }, reducedMotion: 'reduce' as const };
    const { context, page, errors } = await openContext(browser, options);
    await context.addInitScript({ path: axe });
    await page.goto(shop.origin);
    await launcherOn(page).click();
    const chat = chatOn(page);
    const frame = (await eventually('the frame is there', () => page.frames()[1]))!;
    const findings = async () => {
      const found: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        // Only colours differ in the dark.
        const rules = colorScheme === 'dark' ? ", runOnly: ['color-contrast', 'link-in-text-block']" : '';
        const run = `axe.run(document, { resultTypes: ['violations'], preload: false${rules} })`;
        const seen = await Promise.all([page, frame].map((place) => place.evaluate<Found>(run)));
        const serious = seen
          .flatMap(({ violations }) => violations)
          .filter(({ impact }) => impact === 'serious' || impact === 'critical');
        found.push(...serious.map(({ id, nodes }) => `${colorScheme}: ${id} ${nodes[0]!.html}`));
      }
      return found;
    };
    await say(chat, `Can I return an item? ${'long'.repeat(60)}`);
    await chat.getByRole('link', { name: 'Returns' }).waitFor();
    await say(chat, 'xyzzy');
    await chat.getByText('I don’t know').waitFor();
    expect(await findings()).to.deep.equal([]);
    await chat.getByRole('button', { name: 'Talk to a human' }).click();
    await chat.getByRole('button', { name: 'Ask for a human' }).click();
    expect(await findings()).to.deep.equal([]);
    await chat.getByLabel('E-mail address').fill('visitor@example.com');
    await chat.getByLabel('E-mail address').press('Enter');
    await chat.getByText('Someone was told.').waitFor();
    expect(await findings()).to.deep.equal([]);
    for (const place of [page, frame]) {
      const wider = 'document.documentElement.scrollWidth - innerWidth';
      expect(await place.evaluate<number>(wider)).to.be.at.most(0);
    }
    expect((await page.locator('iframe').boundingBox())!.width).to.equal(390);
    expect(errors).to.deep.equal([]);
    await context.close();
  });
});

type Found = { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
type Shop = Awaited<ReturnType<typeof openShop>>;

/** Somebody else's site, whose every page embeds the widget. `/strict` has a policy of its own. */
async function openShop() {
  let tag = '';
  let from = '';
  const server: Server = createServer((req, res) => {
    if (req.url === '/favicon.ico') return res.writeHead(204).end();
    const policy = `default-src 'none'; script-src ${from}; frame-src ${from}`;
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      ...(req.url === '/strict' && { 'Content-Security-Policy': policy }),
    });
    res.end(`<!doctype html><html lang="en"><head><title>Shop</title>
      <meta name="viewport" content="width=device-width"></head>
      <body><main><h1>Garden tools</h1></main>${tag}</body></html>`);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    embeds(script: string, bot: string): void {
      from = new URL(script).origin;
      tag = `<script src="${script}" data-bot="${bot}" async></script>`;
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
