import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';
import { visitorOf } from './chat.js';

describe('the pages of conversations', () => {
  let running: Running;
  let admin: Person;
  let robin: Person;
  let sam: Person;
  let stranger: Person;
  let bot: string;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running, 'admin');
    [robin, sam, stranger] = (await Promise.all([1, 2, 3].map(() => person(running, 'agent')))) as [
      Person,
      Person,
      Person,
    ];
    bot = await makeBot('Help desk', [robin, sam]);
  });
  after(() => running.stop());

  async function makeBot(
    name: string,
    agents: Person[],
    more: Record<string, string> = { humanTakeover: 'on' },
  ) {
    const id = String(leadsTo(await admin.submit('/app/bots/new', { name })))
      .split('/')
      .at(-1)!;
    const page = `/app/bots/${id}/settings`;
    await admin.submit(page, more, page);
    if (agents.length > 0)
      await admin.submit(page, { agents: agents.map((one) => one.id) }, `/app/bots/${id}/agents`);
    return id;
  }

  /** Somebody whom the bot has answered, and who asks for a human. */
  async function waiting(email = 'ann@example.com', said = 'My parcel is late', botId = bot) {
    const visitor = visitorOf(running.url, botId);
    await visitor.start(said);
    await eventually('the bot has answered', async () =>
      (await visitor.messages()).some(({ from }) => from === 'bot'),
    );
    expect((await visitor.escalate(email)).status).to.equal(200);
    return { ...visitor, page: `/app/conversations/${visitor.id}` };
  }

  const step = async (who: Person, page: string, what: string, fields = {}) =>
    who.post(`${page}/${what}`, { _csrf: await who.token(), ...fields });

  const api = (path: string, body: object) =>
    admin.agent.post(`/api/v1${path}`).set('Authorization', `Bearer ${admin.key}`).send(body);

  const badge = async (who: Person) => {
    const count = (await who.get('/app')).$('#inbox-count');
    return count.attr('hidden') === undefined ? count.text() : null;
  };

  it('teach what the inbox is for while it is empty', async () => {
    expect((await robin.get('/app/inbox')).$('h2').text()).to.equal('Nobody waits for a human');
    expect((await stranger.get('/app/inbox')).$('h2').text()).to.equal('No bot was given to you yet');
    expect(await badge(robin)).to.equal(null);
    expect((await robin.get('/app/inbox')).$('title').text()).to.equal('Inbox · Hookbell');
  });

  it('show who waits, the longest on top, to the agents of the bot and to admins', async () => {
    const first = await waiting('first@example.com');
    running.pass(60_000);
    const second = await waiting('second@example.com');

    const { $ } = await robin.get('/app/inbox');
    expect(
      $('[aria-label="Waiting for a human"] .inbox-text a')
        .map((_at, link) => $(link).text())
        .get(),
    ).to.deep.equal(['first@example.com', 'second@example.com']);
    expect($('title').text()).to.equal('(2) Inbox · Hookbell');
    expect(await badge(robin)).to.equal('2 waiting');
    expect(await badge(admin)).to.equal('2 waiting');
    expect(await badge(stranger)).to.equal(null);
    expect((await stranger.get('/app/inbox')).text).not.to.include('first@example.com');
    for (const visitor of [first, second]) await step(robin, visitor.page, 'dismiss');
  });

  it('call a visitor by the name that is known of them, with the address beside it', async () => {
    const talk = (userData: object) => api(`/bots/${bot}/conversations`, { channelType: 'web', userData });
    const { body: named } = await talk({ name: ' Ann\nMary ', email: 'ann@example.com' });
    const { body: onlyAddress } = await talk({ name: { first: 'Ann' }, email: 'ann@example.com' });
    const who = async (path: string, visitor: { id: string }) => {
      const { $ } = await robin.get(path);
      const link = $(`main a[href="/app/conversations/${visitor.id}"]`).first();
      return [link.text(), link.next('span').text()];
    };
    const list = `/app/bots/${bot}/conversations`;

    expect(await who(list, named)).to.deep.equal(['Ann Mary', 'ann@example.com']);
    expect(await who(list, onlyAddress)).to.deep.equal(['ann@example.com', '']);
    await api(`/conversations/${named.id}/escalate`, { userEmail: 'mary@example.com' });
    expect(await who('/app/inbox', named)).to.deep.equal(['Ann Mary', 'mary@example.com on Help desk']);
    const page = `/app/conversations/${named.id}`;
    expect((await robin.get(page)).$('h1 #who').text()).to.equal('Ann Mary');
    await step(robin, page, 'dismiss');
  });

  it('are closed to agents whom the bot was not given to', async () => {
    const { page } = await waiting();
    for (const path of [
      page,
      `${page}/live`,
      `/app/bots/${bot}/conversations`,
      `/app/bots/${bot}/conversations.csv`,
    ]) {
      expect((await stranger.get(path)).status, path).to.equal(403);
    }
    for (const what of ['claim', 'messages', 'release', 'dismiss', 'transfer']) {
      expect(
        (await step(stranger, page, what, { content: 'Hello', agent: stranger.id })).status,
        what,
      ).to.equal(403);
    }
    expect((await robin.get('/app/conversations/no-such')).status).to.equal(404);
    await step(robin, page, 'dismiss');
  });

  it('go from the claim to the hand-back', async () => {
    const visitor = await waiting();
    const { page } = visitor;
    expect(leadsTo(await robin.submit('/app/inbox', {}, `${page}/claim`))).to.equal(page);
    expect(
      leadsTo(await robin.submit(page, { content: 'Hello, I am looking.' }, `${page}/messages`)),
    ).to.equal(page);
    expect((await visitor.messages()).at(-1)).to.include({ from: 'agent', content: 'Hello, I am looking.' });

    const mine = await robin.get('/app/inbox');
    expect(mine.$('[aria-label=Yours] a').first().attr('href')).to.equal(page);
    expect((await sam.get('/app/inbox')).$('[aria-label="With other agents"]').text()).to.include('Person');
    expect(leadsTo(await robin.submit(page, {}, `${page}/release`))).to.equal(page);
    const after = await robin.get(page);
    expect(after.$('#state').text()).to.equal('Resolved');
    expect(after.$('.message.agent .said').text()).to.equal('Hello, I am looking.');
    expect(after.$('textarea')).to.have.length(0);
  });

  it('tell the loser of a race on the page who won', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { page } = await waiting();
      const tokens = await Promise.all([robin.token(), sam.token()]);
      const answers = await Promise.all(
        [robin, sam].map((who, at) => who.post(`${page}/claim`, { _csrf: tokens[at] })),
      );
      const [won, lost] = answers[0]!.status === 303 ? [robin, answers[1]!] : [sam, answers[0]!];
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([303, 409]);
      expect(lost.$('[role=alert]').text())
        .to.include(won.email)
        .and.include('has claimed this conversation');
      expect(lost.$('h1').text()).to.include('ann@example.com');
      expect(lost.$('textarea')).to.have.length(0);
      expect(leadsTo(await step(won, page, 'claim'))).to.equal(page);
      await step(won, page, 'release');
    }
  });

  it('let only the claimer write, and keep what others typed', async () => {
    const { page } = await waiting();
    await step(robin, page, 'claim');
    for (const other of [sam, admin]) {
      const answer = await step(other, page, 'messages', { content: 'Me <b>too</b>' });
      expect(answer.status).to.equal(409);
      expect(answer.$('[role=alert]').text())
        .to.include('has this conversation now')
        .and.include('Me <b>too</b>');
    }
    expect((await sam.get(page)).$('button[type=submit]:contains("Hand back")')).to.have.length(0);
    expect((await step(sam, page, 'release')).status).to.equal(403);
    const empty = await step(robin, page, 'messages', { content: '   ' });
    expect(empty.status).to.equal(422);
    expect(empty.$('#reply-error').text()).to.equal('Write something');
    expect(leadsTo(await step(admin, page, 'release'))).to.equal(page);
    expect((await step(robin, page, 'release')).status).to.equal(409);
  });

  it('store a reply that is sent twice once', async () => {
    const visitor = await waiting();
    await step(robin, visitor.page, 'claim');
    const clientId = (await robin.get(visitor.page)).$('[name=clientId]').val() as string;
    for (const _ of [1, 2]) await step(robin, visitor.page, 'messages', { content: 'Once', clientId });
    expect((await visitor.messages()).filter(({ content }) => content === 'Once')).to.have.length(1);
    await step(robin, visitor.page, 'release');
  });

  it('transfer to an agent of the bot only', async () => {
    const { page } = await waiting();
    await step(robin, page, 'claim');
    const { $ } = await robin.get(page);
    const offered = $('select[name=agent] option')
      .map((_at, option) => $(option).attr('value'))
      .get()
      .filter(Boolean);
    expect(offered).to.have.members([admin.id, sam.id]);

    const refused = await step(robin, page, 'transfer', { agent: stranger.id });
    expect(refused.status).to.equal(422);
    expect(refused.$('[role=alert]').text()).to.include('was not given to');
    expect(leadsTo(await robin.submit(page, { agent: sam.id }, `${page}/transfer`))).to.equal(page);
    expect((await robin.get(page)).$('textarea')).to.have.length(0);
    expect((await sam.get(page)).$('textarea')).to.have.length(1);
    await step(sam, page, 'release');
  });

  it('dismiss: the bot goes on answering', async () => {
    const { page } = await waiting();
    expect(leadsTo(await robin.submit(page, {}, `${page}/dismiss`))).to.equal('/app/inbox');
    expect((await robin.get('/app/inbox')).$('main [role=status]').first().text()).to.include('Dismissed');
    expect((await robin.get(page)).$('#state').text()).to.equal('Bot');
    expect((await step(robin, page, 'dismiss')).status).to.equal(409);
  });

  it('let an agent step in unasked where humans may take over, and nowhere else', async () => {
    const visitor = visitorOf(running.url, bot);
    await visitor.start('Just looking');
    const page = `/app/conversations/${visitor.id}`;
    expect(leadsTo(await robin.submit(page, {}, `${page}/claim`))).to.equal(page);
    await step(robin, page, 'release');

    const off = await makeBot('No humans', [robin], {});
    const other = visitorOf(running.url, off);
    await other.start('Hello');
    const closed = `/app/conversations/${other.id}`;
    expect((await robin.get(closed)).$('main').text()).to.include('Human takeover is off for this bot');
    expect((await robin.get(closed)).$('button:contains("Claim")')).to.have.length(0);
    expect((await step(robin, closed, 'claim')).status).to.equal(409);
  });

  it('give a page that has the beginning only what came after it', async () => {
    const visitor = await waiting();
    const whole = await robin.get(visitor.page);
    const value = (name: string) => String(whole.$(`#known [name=${name}]`).val());
    const address = `${visitor.page}?after=${value('after')}&known=${encodeURIComponent(value('known'))}`;
    const nothing = await robin.get(address);
    expect(nothing.$('#messages').children()).to.have.length(0);
    expect(nothing.$('#standing')).to.have.length(0);

    await visitor.say('Are you there?');
    const more = await robin.get(address);
    expect(more.$('#messages .message.visitor .said').text()).to.equal('Are you there?');
    expect(more.$('#standing')).to.have.length(0);
    await step(sam, visitor.page, 'claim');
    expect((await robin.get(address)).$('#standing').text()).to.include('has this conversation');
    await step(sam, visitor.page, 'release');
  });

  it('lead from the last messages back to the first', async () => {
    const visitor = await waiting();
    await step(robin, visitor.page, 'claim');
    const { conversations, deps } = running.hookbell;
    const agent = { id: robin.id, name: 'Robin', email: robin.email, role: 'agent' as const };
    for (let number = 1; number <= 205; number += 1) {
      await conversations.agentSays(visitor.id, { content: `Line ${number}.` }, agent, deps.clock());
    }
    const { $ } = await robin.get(visitor.page);
    expect($('.message').last().text()).to.include('Line 205.');
    expect($('#messages').text()).not.to.include('Line 1.');
    const before = await robin.get($('a:contains("Earlier messages")').attr('href')!);
    expect(before.$('#messages').text()).to.include('Line 1.').and.include('My parcel is late');
    expect(before.$('[sse-connect], textarea')).to.have.length(0);
    await step(robin, visitor.page, 'release');
  });

  it('show what is hostile as text', async () => {
    const hostile = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'';
    const id = await makeBot(hostile, [robin]);
    const made = await api(`/bots/${id}/conversations`, {
      channelType: 'web',
      initialMessage: hostile,
      userData: {
        name: hostile,
        email: hostile,
        [hostile]: hostile,
        deep: { a: [hostile] },
        constructor: 'x',
      },
    });
    await running.hookbell.deps.db('messages').insert({
      id: 'cited',
      conversation_id: made.body.id,
      number: 900,
      sender: 'bot',
      content: hostile,
      citations: JSON.stringify([
        { title: hostile, url: 'javascript:alert(1)' },
        { title: 'Fine', url: 'https://a.example/"onclick="x' },
      ]),
      offers_human: false,
      created_at: 1,
    });
    await api(`/conversations/${made.body.id}/escalate`, { userEmail: '"<b>x</b>"@example.com' });
    await api(`/conversations/${made.body.id}/escalate`, { userEmail: "o'<b>@example.com" });
    await api(`/conversations/${made.body.id}/escalate`, { userEmail: "o'neill@example.com" });
    const page = `/app/conversations/${made.body.id}`;
    for (const path of [
      '/app/inbox',
      page,
      `/app/bots/${id}/conversations`,
      `/app/bots/${id}/conversations?q=${encodeURIComponent(hostile)}`,
    ]) {
      const { text, $ } = await admin.get(path);
      expect(text, path).not.to.match(/<img src=x|<script>alert|href="javascript:/);
      expect($('main').text(), path).to.include(hostile);
      expect($('[onclick], [onerror]'), path).to.have.length(0);
    }
    expect((await admin.get(page)).$('.user-data').text()).to.include('{"a":["<script>');
    expect((await admin.get(page)).$('.cited a')).to.have.length(1);
    await step(admin, page, 'dismiss');
  });

  it('find conversations by words, state and channel, page by page', async () => {
    const id = await makeBot('Archive', [robin]);
    for (let number = 1; number <= 3; number += 1)
      await visitorOf(running.url, id).start(`Where is parcel ${number}?`);
    await admin.agent
      .post(`/api/v1/bots/${id}/conversations`)
      .set('Authorization', `Bearer ${admin.key}`)
      .send({ channelType: 'slack', initialMessage: 'From afar' });
    const page = `/app/bots/${id}/conversations`;
    const found = async (query: string) => {
      const { $ } = await robin.get(`${page}${query}`);
      return $('tbody tr').length;
    };
    expect(await found('')).to.equal(4);
    expect(await found('?q=PARCEL+2&state=&channelType=')).to.equal(1);
    expect(await found('?channelType=slack')).to.equal(1);
    expect(await found('?state=Active')).to.equal(0);
    expect((await robin.get(`${page}?q=unheard`)).$('h2').text()).to.equal('None found');
    expect((await robin.get(`${page}?state=Odd`)).status).to.equal(422);

    const first = await robin.get(`${page}?limit=3&channelType=web`);
    expect(first.$('tbody tr')).to.have.length(3);
    const short = await robin.get(`${page}?limit=3`);
    const older = short.$('a:contains("Older conversations")').attr('href')!;
    expect((await robin.get(older)).$('tbody tr')).to.have.length(1);
  });

  it('go away with their bot, which says how many there are', async () => {
    const id = await makeBot('Short-lived', []);
    const visitor = visitorOf(running.url, id);
    await visitor.start('Hello');
    expect((await admin.get(`/app/bots/${id}/delete`)).$('main').text()).to.include('1 conversation');
    await admin.submit(`/app/bots/${id}/delete`);
    expect((await admin.get(`/app/conversations/${visitor.id}`)).status).to.equal(404);
    const { db, clock } = running.hookbell.deps;
    await running.hookbell.conversations.tidy(clock());
    expect(await db('conversations').where({ bot_id: id })).to.have.length(0);
    expect(await db('messages').where({ conversation_id: visitor.id })).to.have.length(0);
  });

  it('keep the address that is told of somebody who waits', async () => {
    const page = `/app/bots/${bot}/settings`;
    await admin.submit(page, { notificationEmail: 'desk@example.com' }, page);
    expect((await admin.get(page)).$('#field-notificationEmail').val()).to.equal('desk@example.com');
    const refused = await admin.submit(page, { notificationEmail: 'nowhere' }, page);
    expect(refused.$('#field-notificationEmail-error').text()).to.equal('Not an e-mail address');
    await admin.submit(page, { notificationEmail: '' }, page);
    const answer = await admin.agent.get(`/api/v1/bots/${bot}`).set('Authorization', `Bearer ${admin.key}`);
    expect(answer.body.notificationEmail).to.equal(null);
  });
});
