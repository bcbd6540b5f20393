import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { commandLine } from '../../src/accounts/actor.js';
import { type House, openBot, startHouse } from '../conversations/house.js';

describe('what the widget loads', () => {
  let house: House;
  before(async () => {
    house = await startHouse();
  });
  after(() => house.stop());

  const get = (path: string) => fetch(house.url + path);
  const policyOf = (answer: Response) => String(answer.headers.get('content-security-policy'));

  it('is a script under 8 KB that every site may load, and that is asked for again after 5 minutes', async () => {
    const answer = await get('/widget.js');
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.match(/javascript/);
    expect(answer.headers.get('cache-control')).to.equal('public, max-age=300');
    expect(answer.headers.get('cross-origin-resource-policy')).to.equal('cross-origin');
    expect(gzipSync(await answer.text()).length).to.be.below(8 * 1024);
  });

  it('is a page that our own origin and the allowed ones may frame, and is strict otherwise', async () => {
    const allowedOrigins = ['https://shop.example', 'http://127.0.0.1:8080'];
    const bot = await openBot(house, [], { allowedOrigins });
    const answer = await get(`/chat/${bot.id}`);
    expect(answer.status).to.equal(200);
    expect(policyOf(answer))
      .to.include(`frame-ancestors 'self' ${allowedOrigins.join(' ')};`)
      .and.include("default-src 'none';script-src 'self';style-src 'self'")
      .and.not.include('unsafe');
    expect(answer.headers.get('x-frame-options')).to.equal(null);
    expect(answer.headers.get('cache-control')).to.equal('no-store');
    expect(answer.headers.get('set-cookie')).to.equal(null);
  });

  it('lets nobody else frame it without allowed origins', async () => {
    const bot = await openBot(house);
    expect(policyOf(await get(`/chat/${bot.id}?embedded=1`))).to.include("frame-ancestors 'self';");
  });

  it('has a policy that no origin can extend', async () => {
    const bot = await openBot(house, [], { allowedOrigins: ['https://a;script-src', 'https://b.example'] });
    const policy = policyOf(await get(`/chat/${bot.id}`));
    expect(policy).to.include("frame-ancestors 'self' https://b.example;").and.not.include('https://a');
  });

  it('says kindly that there is no such chat, and may not be framed then', async () => {
    const bot = await openBot(house, [], { allowedOrigins: ['https://shop.example'] });
    await house.hookbell.bots.remove(bot.id, commandLine, house.now());
    for (const path of [`/chat/${bot.id}`, '/chat/nothing', '/chat/nothing?embedded=1']) {
      const answer = await get(path);
      expect(answer.status, path).to.equal(404);
      expect(await answer.text(), path)
        .to.include('There is no chat here')
        .and.not.include('chat.js');
      expect(policyOf(answer), path).to.include("frame-ancestors 'none'");
    }
  });

  it('prints names and welcomes as text', async () => {
    const hostile = '"><img src=x onerror=alert(1)>';
    const bot = await openBot(house, [], { name: hostile, welcomeMessage: hostile });
    expect(await (await get(`/chat/${bot.id}`)).text()).not.to.include('<img');
  });
});
