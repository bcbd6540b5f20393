import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { stub } from '../../src/widget/sdk.js';
import { type Agent, calls, type House, hire, openBot, startHouse } from '../conversations/house.js';
import { openBrowser, openContext } from '../support/browser.js';
import { eventually } from '../support/eventually.js';

type Heard = [string, Record<string, unknown>][];

describe('a page that steers the widget', () => {
  let browser: Browser;
  let house: House;
  let ada: Agent;
  let shop: { server: Server; origin: string };
  let bot: string;
  before(async function () {
    browser = await openBrowser(this);
    house = await startHouse();
    ada = await hire(house, 'admin');
    shop = await openShop(() => `<script src="${house.url}/widget.js" data-bot="${bot}" async></script>`);
    ({ id: bot } = await openBot(house, [], { allowedOrigins: [shop.origin] }));
  });
  after(async () => {
    await browser?.close();
    shop?.server.closeAllConnections();
    shop?.server.close();
    await house?.stop();
  });

  it('is of another origin, calls before the script is there, and hears what happens', async () => {
    const api = calls(house, ada);
    const { context, page, errors } = await openContext(browser);
    await page.goto(shop.origin);
    const launcher = page.getByRole('button', { name: 'Chat with Help desk' });
    const chat = page.frameLocator('iframe[title="Chat with Help desk"]');
    const heard = (event?: string) =>
      page
        .evaluate<Heard>('window.heard')
        .then((all) => (event ? all.filter(([name]) => name === event) : all));
    const call = (code: string) => page.evaluate(`hookbell.${code}; undefined`);

    // What the stub kept: it identified, spoke, opened in the dark, and took one listener off again.
    await eventually('the bot has answered', async () => (await heard('message')).length === 2);
    await chat.getByText('Hello there!').first().waitFor();
    expect((await heard()).slice(0, 2)).to.deep.equal([
      ['ready', {}],
      ['open', {}],
    ]);
    const [[, said], [, answered]] = (await heard('message')) as [Heard[0], Heard[0]];
    const { conversationId } = said;
    expect(said).to.deep.equal({
      conversationId,
      number: 1,
      from: 'visitor',
      content: 'From the stub',
      author: null,
    });
    expect(answered).to.include({ conversationId, number: 2, from: 'bot' });
    expect((await heard('state')).map(([, details]) => details)).to.deep.equal([
      { conversationId, state: 'Bot', agent: null },
    ]);
    expect(await page.evaluate('window.unheard')).to.equal(0);
    const frame = page.frames()[1]!;
    const background = () => frame.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await background()).to.equal('rgb(22, 25, 29)');
    const stored = async () => (await api.get(`/conversations/${conversationId}`)).body;
    expect((await stored()).userData).to.deep.equal({
      name: 'Ann',
      email: 'ann@example.com',
      basket: ['rake'],
    });

    await call("setTheme('light')");
    await eventually('it is light', async () => (await background()) === 'rgb(255, 255, 255)');
    await call("identify({ plan: 'Pro', email: 'ann@work.example' })");
    await eventually('the plan is known', async () => (await stored()).userData.plan === 'Pro');
    await chat.getByRole('button', { name: 'Talk to a human' }).click();
    expect(await chat.getByLabel('E-mail address').inputValue()).to.equal('ann@work.example');
    await chat.getByLabel('E-mail address').fill('mine@example.com');
    await call("identify({ email: 'other@example.com' })");
    await eventually('that is known', async () => (await stored()).userData.email === 'other@example.com');
    expect(await chat.getByLabel('E-mail address').inputValue()).to.equal('mine@example.com');

    await api.post(`/conversations/${conversationId}/claim`);
    await eventually('the page knows who came', async () =>
      (await heard('state')).some(([, { agent }]) => agent === ada.name),
    );
    await call('hide()');
    expect(await launcher.count()).to.equal(0);
    await api.post(`/conversations/${conversationId}/messages`, { content: 'Hi Ann', from: 'agent' });
    await eventually('it is unread', async () => (await heard('unread')).at(-1)?.[1].count === 1);
    expect((await heard('message')).at(-1)![1]).to.include({ content: 'Hi Ann', author: ada.name });

    // A person's click may move the focus, and gets it back.
    const own = page.getByRole('button', { name: 'Ask us' });
    await own.focus();
    await page.keyboard.press('Enter');
    await eventually('the field has it', () =>
      chat.getByLabel('Message').evaluate((it) => it.matches(':focus')),
    );
    await eventually('all is seen', async () => (await heard('unread')).at(-1)?.[1].count === 0);
    await page.keyboard.press('Escape');
    await eventually('the button has it', () => own.evaluate((it) => it.matches(':focus')));
    expect(await launcher.getAttribute('aria-expanded')).to.equal('false');

    // Nothing that comes from elsewhere is heard, on either side.
    const before = JSON.stringify(await heard());
    await page.evaluate(`new Promise((done) => {
      const chat = document.querySelector('[data-hookbell]').shadowRoot.querySelector('iframe').contentWindow;
      const stranger = document.createElement('iframe');
      stranger.srcdoc = '';
      stranger.onload = () => {
        const send = stranger.contentWindow.eval(
          "(words, chat) => { parent.postMessage(words, '*'); chat.postMessage(words, '*'); }",
        );
        const details = { content: 'Evil', message: 'Evil', state: 'Evil' };
        const more = { details, count: 9, text: 'Evil', userData: { evil: 1 }, theme: 'dark', focus: true };
        for (const hookbell of ['message', 'state', 'error', 'unread', 'say', 'identify', 'renew', 'theme'])
          send({ hookbell, ...more }, chat);
        for (const words of [null, 7, 'say', { hookbell: '__proto__' }, { hookbell: ['say'] }]) send(words, chat);
        addEventListener('message', ({ data }) => data === 'last' && done());
        window.postMessage('last', '*');
      };
      document.body.append(stranger);
    })`);
    await call("sendMessage('After the forgeries')");
    await eventually('it was said', async () =>
      (await stored()).messages.some(({ content }: { content: string }) => content === 'After the forgeries'),
    );
    await eventually('it is heard', async () =>
      (await heard('message')).some(([, { content }]) => content === 'After the forgeries'),
    );
    const since = (await heard()).slice(JSON.parse(before).length);
    expect(since.map(([event]) => event)).to.deep.equal(['message']);
    expect(JSON.stringify(await stored()))
      .to.include('other@example.com')
      .and.not.match(/evil/i);
    expect(await background()).to.equal('rgb(255, 255, 255)');

    await call('newConversation()');
    await eventually('it is left', async () =>
      (await heard('state')).some((one) => one[1].conversationId === null),
    );
    await call("sendMessage('Again')");
    await eventually('another began', async () => (await api.get(`/bots/${bot}/conversations`)).body.data[1]);
    const newest = (await api.get(`/bots/${bot}/conversations`)).body.data[0];
    expect(newest.userData).to.deep.equal({ email: 'other@example.com' });
    await eventually('the page heard all of it, to the answer that is unread', async () => {
      const [message, unread] = (await heard()).slice(-2);
      return message?.[1].conversationId === newest.id && unread?.[1].count === 1;
    });

    const thrown = (code: string) =>
      page.evaluate(
        `try { hookbell.${code}; 'nothing' } catch (error) { error.name + ': ' + error.message }`,
      );
    expect(await thrown("on('mesage', () => {})")).to.include(
      'TypeError: hookbell.on knows the events ready',
    );
    expect(await thrown('sendMessage(" ")')).to.equal('TypeError: hookbell.sendMessage takes a text');
    expect(await thrown('identify("Ann")')).to.include('TypeError: hookbell.identify takes an object');
    expect(await thrown("setTheme('pink')")).to.include('auto, light, dark');
    await call("identify({ big: 'x'.repeat(20_000) })");
    await eventually('it is refused', async () =>
      String((await heard('error')).at(-1)?.[1].message).includes('at most 16 KB'),
    );
    expect(errors).to.deep.equal([]);

    // Our frame, when something else has taken it over.
    const heardBefore = (await heard()).length;
    await page.evaluate(`new Promise((done) => {
      addEventListener('message', ({ data }) => data.hookbell === 'message' && done());
      document.querySelector('[data-hookbell]').shadowRoot.querySelector('iframe').src = '/evil';
    })`);
    expect(await heard()).to.have.length(heardBefore);
    await context.close();
  });

  it('is obeyed only from an origin that the bot allows, even where it may frame the chat', async () => {
    const stranger = await openShop(() => `<script src="${house.url}/widget.js" data-bot="${bot}"></script>`);
    const { context, page } = await openContext(browser);
    await context.route(
      ({ pathname }) => pathname.startsWith('/chat/'),
      async (route) => {
        const response = await route.fetch();
        const { 'content-security-policy': _policy, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      },
    );
    await page.goto(stranger.origin);
    await page.getByRole('button', { name: 'Chat with Help desk' }).waitFor();
    const chat = page.frameLocator('iframe[title="Chat with Help desk"]');
    await chat.getByLabel('Message').fill('I typed this myself');
    await chat.getByLabel('Message').press('Enter');
    await eventually('the bot has answered', async () => (await chat.locator('#log .text').count()) === 3);
    expect(await chat.locator('#log .text').allInnerTexts()).not.to.include('From the stub');
    const heard = await page.evaluate<Heard>('window.heard');
    expect(heard.map(([event]) => event)).to.deep.equal(['ready', 'open']);
    await context.close();
    stranger.server.closeAllConnections();
    stranger.server.close();
  });
});

/** Somebody else's site: its own script calls at once, the widget comes later. */
async function openShop(tag: () => string): Promise<{ server: Server; origin: string }> {
  const server = createServer((req, res) => {
    if (req.url === '/favicon.ico') return res.writeHead(204).end();
    if (req.url === '/evil') {
      const words = "{ hookbell: 'message', details: { content: 'Evil' } }";
      return res.end(`<!doctype html><title>Evil</title><script>parent.postMessage(${words}, '*')</script>`);
    }
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    res.end(`<!doctype html><html lang="en"><head><title>Shop</title>${stub}
      <script>
        window.heard = [];
        window.unheard = 0;
        for (const event of ['ready', 'open', 'close', 'message', 'unread', 'state', 'error'])
          hookbell.on(event, (details) => heard.push([event, details]));
        hookbell.on('message', () => { unheard += 1; })();
        hookbell.identify({ name: 'Ann', email: 'ann@example.com', basket: ['rake'] });
        hookbell.setTheme('dark');
        hookbell.sendMessage('From the stub');
        hookbell.open();
      </script></head>
      <body><main><h1>Garden tools</h1><button onclick="hookbell.toggle()">Ask us</button></main>
      ${tag()}</body></html>`);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
