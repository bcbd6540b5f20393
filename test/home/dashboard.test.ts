import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, visitor } from '../support/visitor.js';

describe('the dashboard', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  before(async () => {
    [running, receiver] = [await startHookbell(), await startReceiver()];
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
  });
  after(() => Promise.all([running.stop(), receiver.close()]));

  it('says what to do first', async () => {
    expect((await admin.get('/app')).$('h2').text()).to.equal('Welcome to Hookbell');
    expect((await admin.get('/app')).$('a[href="/app/bots/new"]').length).to.equal(1);
    expect((await agent.get('/app')).$('h2').text()).to.equal('No bot was given to you yet');
    expect((await agent.get('/app')).$('a[href="/app/bots/new"]').length).to.equal(0);
  });

  it('shows bots with what they hold, and what needs attention, to admins', async () => {
    const name = `"><script>alert('x')</script>`;
    const bot = (await api.post('/bots', { name })).body.id;
    const entries = [{ title: 'a', text: 'b' }];
    const make = (input: object) => api.post(`/bots/${bot}/data-sources`, { name, ...input });
    const good = (await make({ type: 'text', config: { entries } })).body.id;
    const bad = (await make({ type: 'feed', config: { url: `${receiver.url}/feed` } })).body.id;
    receiver.answer(500);
    const hook = { type: 'sync.failure', targetUrl: `${receiver.url}/hook` };
    const { id } = (await api.post(`/bots/${bot}/webhooks`, hook)).body;
    await api.post(`/webhooks/${id}/test`);
    const is = (path: string, field: string, value: string) =>
      eventually(`${path} is ${value}`, async () => (await api.get(path)).body[field] === value);
    await is(`/data-sources/${good}`, 'status', 'synced');
    await is(`/data-sources/${bad}`, 'status', 'failed');
    await is(`/webhooks/${id}`, 'health', 'failing');

    const { $, text } = await admin.get('/app');
    const card = $(`a[href="/app/bots/${bot}"]`);
    expect(card.find('h2').text().trim()).to.equal(name);
    expect(card.text()).to.include('2 data sources, 1 row, 1 webhook');
    const attention = $('section[aria-labelledby=attention] li')
      .map((_at, line) => $(line).text().trim().replace(/\s+/g, ' '))
      .get();
    expect(attention[0]).to.match(
      /^Sync failed of "><script>.* failing http\S+\/hook since .* ago: The receiver answered 500\. Tried again on the schedule\.$/,
    );
    expect(attention[1]).to.equal(
      `${name} of ${name} sync failed The server answered 500 Internal Server Error`,
    );
    expect(attention).to.have.length(2);
    expect(text).not.to.include('<script>alert');
  });

  it('shows agents the bots that were given to them, and nothing that they cannot mend', async () => {
    const { id } = (await api.post('/bots', { name: 'Help desk' })).body;
    await admin.submit(`/app/bots/${id}/settings`, { agents: agent.id }, `/app/bots/${id}/agents`);
    const { $ } = await agent.get('/app');
    expect(
      $('main .card-link h2')
        .map((_at, heading) => $(heading).text().trim())
        .get(),
    ).to.deep.equal(['Help desk']);
    expect($('section[aria-labelledby=attention]').length).to.equal(0);
  });

  it('forgets what belonged to a deleted bot at once', async () => {
    const { $ } = await admin.get('/app/bots');
    for (const link of $('tbody a').get()) await admin.submit(`${$(link).attr('href')}/delete`);
    expect((await admin.get('/app')).$('section[aria-labelledby=attention]').length).to.equal(0);
  });

  it('leads strangers to the sign-in page, and back', async () => {
    expect(leadsTo(await visitor(running.url).get('/app'))).to.equal('/login?next=%2Fapp');
  });
});
