import { expect } from 'chai';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

describe('the Widget tab', () => {
  let running: Running;
  let admin: Person;
  let bot: string;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
    bot = String(leadsTo(await admin.submit('/app/bots/new', { name: 'Shop' })));
  });
  after(() => running.stop());

  it('stands before the settings, and shows what to paste', async () => {
    const { $ } = await admin.get(`${bot}/widget`);
    const names = $('nav.tabs a')
      .map((_at, tab) => $(tab).text())
      .get();
    expect(names.slice(-2)).to.deep.equal(['Widget', 'Settings']);
    const id = bot.split('/').at(-1);
    expect($('#snippet').text()).to.equal(
      `<script src="${running.url}/widget.js" data-bot="${id}" async></script>`,
    );
    expect($(`a[href="/chat/${id}"]`)).to.have.length(1);
  });

  it('says where origins are allowed while none is, then which are', async () => {
    const before = await admin.get(`${bot}/widget`);
    expect(before.$('main .alert').text()).to.include('No origin is allowed yet');
    await admin.submit(`${bot}/settings`, { allowedOrigins: 'https://shop.example' }, `${bot}/settings`);
    const after = await admin.get(`${bot}/widget`);
    expect(after.$('main').text()).to.include('https://shop.example').and.not.include('No origin');
  });

  it('is for those who see the bot', async () => {
    const agent = await person(running, 'agent');
    expect((await agent.get(`${bot}/widget`)).status).to.equal(403);
    expect((await agent.get(`${bot}/widget/preview`)).status).to.equal(403);
  });

  it('leads to a page with the widget, which may frame the chat and nothing else', async () => {
    const { $, headers } = await admin.get(`${bot}/widget/preview`);
    expect($('script[data-bot]').attr('src')).to.equal('/widget.js');
    expect(headers['content-security-policy']).to.include("frame-src 'self'");
  });
});
