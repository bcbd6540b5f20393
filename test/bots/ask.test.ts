import { expect } from 'chai';
import { load } from 'cheerio';
import { says, startModel } from '../answers/model.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const entries = [
  { title: 'Returns', text: 'An item can be returned within 30 days. The parcel back is free.' },
  { title: 'Delivery', text: 'A parcel takes <b>two</b> days.' },
];

/** A bot that has read these. */
async function shop(api: Caller): Promise<string> {
  const bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
  const source = { name: 'Questions', type: 'text', config: { entries } };
  const { id } = (await api.post(`/bots/${bot}/data-sources`, source)).body;
  await eventually('it is read', async () => (await api.get(`/data-sources/${id}`)).body.status === 'synced');
  return bot;
}

describe('asking a bot on its page', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let bot: string;
  before(async () => {
    running = await startHookbell();
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
    bot = await shop(api);
  });
  after(() => running.stop());

  const ask = (question: string, who = admin) =>
    who.submit(`/app/bots/${bot}`, { question }, `/app/bots/${bot}/ask`);

  it('answers, and shows which passages were found, how good they are and why', async () => {
    const { $, status } = await ask('Is the parcel free when I return an item?');
    expect(status).to.equal(200);
    expect($('.answer .passage').text()).to.include('The parcel back is free.');
    const [first, second] = $('.found')
      .map((_at, passage) => $(passage).text().replace(/\s+/g, ' '))
      .get();
    expect(first)
      .to.match(/^ Returns in the answer score \d\S* · holds parcel, free, return, item/)
      .and.match(/From Questions $/);
    expect(second).to.match(/^ Delivery score \d\S* · holds parcel but not free, return, item/);
    expect(
      $('.found')
        .first()
        .find('mark')
        .map((_at, word) => $(word).text())
        .get(),
    ).to.deep.equal(['item', 'returned', 'parcel', 'free']);
    expect($('.found meter').first().attr('value')).to.equal('1.000');
    expect($('#field-question').val()).to.equal('Is the parcel free when I return an item?');
  });

  it('makes no conversation and no event', async () => {
    await ask('Can I return an item?');
    expect((await api.get(`/bots/${bot}/conversations`)).body.data).to.deep.equal([]);
    const types = (await api.get(`/events?botId=${bot}`)).body.data.map(({ type }: { type: string }) => type);
    expect(types).to.deep.equal(['sync.success']);
  });

  it('prints what was read and typed as text', async () => {
    const { text } = await ask('<script>parcel</script> <img>');
    expect(text).to.include('&lt;b&gt;').and.not.include('<b>two').and.not.include('<script>parcel');
  });

  it('says what was looked for when nothing fits', async () => {
    const { $ } = await ask('Do you sell unicorns?');
    expect($('.answer .passage').text()).to.include('I don’t know');
    expect($('main').text()).to.match(/Looked for\s+sell, unicorns: no document holds any of these/);
  });

  it('wants a question', async () => {
    const { $, status } = await ask(' ');
    expect([status, $('#field-question-error').text()]).to.deep.equal([422, 'Write a question']);
    expect((await ask('a'.repeat(2001))).$('#field-question-error').text()).to.equal(
      'At most 2,000 characters',
    );
    expect(leadsTo(await admin.get(`/app/bots/${bot}/ask`))).to.equal(`/app/bots/${bot}`);
  });

  it('is for those whom the bot was given to', async () => {
    const token = await agent.token();
    const answer = await agent.post(`/app/bots/${bot}/ask`, { question: 'item', _csrf: token });
    expect(answer.status).to.equal(403);
    await admin.submit(`/app/bots/${bot}/settings`, { agents: agent.id }, `/app/bots/${bot}/agents`);
    expect((await ask('Can I return an item?', agent)).$('.answer').length).to.equal(1);
  });
});

describe('asking a bot that a language model writes for', () => {
  let running: Running;
  let model: Awaited<ReturnType<typeof startModel>>;
  let admin: Person;
  let bot: string;
  before(async () => {
    model = await startModel();
    running = await startHookbell({ env: { OPENAI_BASE_URL: model.baseUrl, OPENAI_MODEL: 'small' } });
    admin = await person(running);
    bot = await shop(caller(running.url, admin.key));
  });
  after(async () => {
    await running.stop();
    await model.close();
  });

  const ask = () => admin.submit(`/app/bots/${bot}`, { question: 'Can I return an item?' });

  it('shows what it wrote, and which passages it named', async () => {
    model.does(says('Yes, within ', '30 days [1].'));
    const { $ } = await ask();
    expect($('.answer').text()).to.include('Yes, within 30 days [1].').and.include('Written by the language');
    expect($('.found').first().text()).to.include('in the answer');
    expect(model.asked.at(-1)!.body.messages.at(-1)!.content).to.include('Can I return an item?');
  });

  /** The events of a page that watches, with what they hold. */
  async function watched(): Promise<[string, Record<string, string>][]> {
    const _csrf = await admin.token();
    const { text } = await admin.agent
      .post(`/app/bots/${bot}/ask`)
      .set('Accept', 'text/event-stream')
      .type('form')
      .send({ question: 'Can I return an item?', _csrf });
    return [...text.matchAll(/^event: (.+)\ndata: (.+)$/gm)].map(([, event, data]) => [
      event!,
      JSON.parse(data!),
    ]);
  }

  it('shows a page that watches what it writes, word by word, and then the rest', async () => {
    model.does(says('Yes, within ', '30 days [1].'));
    const events = await watched();
    const [event, { html }] = events.pop()!;
    expect(events.map(([name, { text }]) => `${name} ${text}`)).to.deep.equal([
      'delta Yes, within ',
      'delta 30 days [1].',
      'delta \n\n[1] Returns',
    ]);
    const $ = load(html!);
    expect([event, $('.answer .passage').text()]).to.deep.equal([
      'answer',
      'Yes, within 30 days [1].\n\n[1] Returns',
    ]);
    expect($('.found').first().text()).to.include('in the answer');
    expect($('form[data-ask] [name=_csrf]').val()).to.equal(await admin.token());
    expect($('nav, header').length, 'a part of the page').to.equal(0);
  });

  it('takes back what a page has seen of an answer that broke off', async () => {
    model.does(({ res }) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.end('data: {"choices":[{"delta":{"content":"Yes, with"}}]}\n\n');
    });
    const events = await watched();
    expect(events.map(([name]) => name).slice(0, 2)).to.deep.equal(['delta', 'restart']);
    const $ = load(events.at(-1)![1].html!);
    expect($('.answer .passage').text()).to.include('An item can be returned within 30 days.');
    expect($('.answer [role=alert]').text()).to.include('did not answer');
  });

  it('says why it did not answer and what to do, and quotes', async () => {
    model.does(({ res }) => void res.writeHead(401).end());
    const { $ } = await ask();
    expect($('.answer .passage').text()).to.include('An item can be returned within 30 days.');
    expect($('.answer [role=alert]').text().trim()).to.equal(
      "The language model did not answer: the model's server answered 401. Set OPENAI_API_KEY: the server asks for a key. Meanwhile visitors get quotations, as above.",
    );
  });

  it('says so when it is not there', async () => {
    await model.close();
    expect((await ask()).$('.answer [role=alert]').text())
      .to.include('could not be reached (ECONNREFUSED)')
      .and.include(`OPENAI_BASE_URL (${model.baseUrl}) is its address`);
  });
});
