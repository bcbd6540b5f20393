import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, visitor } from '../support/visitor.js';

describe('the search', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let desk: string;
  let shop: string;
  let source: string;
  let hook: string;
  let talk: string;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
    const made = async (path: string, body: object) => (await api.post(path, body)).body.id as string;
    desk = await made('/bots', { name: 'Help desk' });
    shop = await made('/bots', { name: 'Über-Shop 100%' });
    const config = { entries: [{ title: 'a', text: 'b' }] };
    source = await made(`/bots/${desk}/data-sources`, { name: 'Opening hours', type: 'text', config });
    hook = await made(`/bots/${desk}/webhooks`, { type: 'sync.success', targetUrl: `${running.url}/crm` });
    await made(`/bots/${desk}/webhooks`, { type: 'sync.trigger', dataSourceId: source });
    const visit = { channelType: 'web', initialMessage: 'Hi', userData: { name: 'Ada Lovelace', plan: 1 } };
    talk = await made(`/bots/${shop}/conversations`, { ...visit, userEmail: 'ada@example.com' });
    await made(`/bots/${desk}/conversations`, { channelType: 'web', userData: { name: 'Adam\0' } });
    await made(`/bots/${desk}/conversations`, { channelType: 'web', userData: { name: { first: 'Ada' } } });
    await admin.submit(`/app/bots/${desk}/settings`, { agents: agent.id }, `/app/bots/${desk}/agents`);
  });
  after(() => running.stop());

  /** What is found, by group: the titles of links and where they lead. */
  async function find(typed: string, who = admin) {
    const { $, status } = await who.get(`/app/search?q=${encodeURIComponent(typed)}`);
    expect(status).to.equal(200);
    const found: Record<string, string[][]> = {};
    for (const group of $('#results [data-group]').get()) {
      found[$(group).attr('data-group')!] = $(group)
        .find('[data-hit]')
        .map((_at, hit) => [[$(hit).text(), $(hit).attr('href')!]])
        .get();
    }
    return found;
  }

  it('finds bots, data sources and webhooks by any part of their names', async () => {
    expect((await find('ESK')).Bots).to.deep.equal([['Help desk', `/app/bots/${desk}`]]);
    expect((await find('über')).Bots).to.deep.equal([['Über-Shop 100%', `/app/bots/${shop}`]]);
    expect((await find('hours'))['Data sources']).to.deep.equal([
      ['Opening hours', `/app/data-sources/${source}`],
    ]);
    expect((await find('/crm')).Webhooks).to.deep.equal([['Sync succeeded', `/app/webhooks/${hook}`]]);
    expect((await find('succeeded help')).Webhooks).to.deep.equal([
      ['Sync succeeded', `/app/webhooks/${hook}`],
    ]);
    expect((await find('trigger hours')).Webhooks?.[0]?.[0]).to.equal('Trigger a sync');
  });

  it('finds test receivers by their names: agents their own', async () => {
    const path = leadsTo(await admin.submit('/app/receivers', { name: 'Parcel hooks' }))!;

    expect((await find('parcel'))['Test receivers']).to.deep.equal([['Parcel hooks', path]]);
    expect(await find('parcel', agent)).to.deep.equal({});
    const own = leadsTo(await agent.submit('/app/receivers', { name: 'Own parcels' }))!;
    expect((await find('parcel', agent))['Test receivers']).to.deep.equal([['Own parcels', own]]);
  });

  it('takes what is typed for text, not for a pattern', async () => {
    expect(await find('%')).to.deep.equal({ Bots: [['Über-Shop 100%', `/app/bots/${shop}`]] });
    expect(await find('_')).to.deep.equal({});
  });

  it('puts the name that fits best first', async () => {
    for (const name of ['Night desk', 'Desk', 'Desktop help', 'My deskilled one'])
      await api.post('/bots', { name });
    expect((await find('desk')).Bots?.map(([name]) => name)).to.deep.equal([
      'Desk',
      'Desktop help',
      'My deskilled one',
      'Night desk',
      'Help desk',
    ]);
  });

  it('finds conversations by how the name or the address of the visitor begins, and by id', async () => {
    const hit = [['Ada Lovelace, ada@example.com', `/app/conversations/${talk}`]];
    expect((await find('ada@')).Conversations).to.deep.equal(hit);
    expect((await find('ada love')).Conversations).to.deep.equal(hit);
    expect((await find(talk.toUpperCase())).Conversations).to.deep.equal(hit);
    expect((await find('lovelace')).Conversations).to.equal(undefined);
  });

  it('finds pages and things by their ids', async () => {
    expect((await find('api key')).Pages).to.deep.equal([['API keys', '/app/settings/api-keys']]);
    expect((await find(hook)).Webhooks).to.deep.equal([['Sync succeeded', `/app/webhooks/${hook}`]]);
    const { id } = (await api.post(`/webhooks/${hook}/test`)).body;
    expect((await find(` ${id} `)).Deliveries).to.deep.equal([[id, `/app/deliveries/${id}`]]);
    expect(await find('msg_unknown')).to.deep.equal({});
  });

  it('shows agents what was given to them, and no pages of admins', async () => {
    expect((await find('desk', agent)).Bots?.map(([name]) => name)).to.deep.equal(['Help desk']);
    expect(await find('über', agent)).to.deep.equal({});
    expect(await find('ada@example.com', agent)).to.deep.equal({});
    expect(await find('audit', agent)).to.deep.equal({});
    expect((await find('hours', agent))['Data sources']).to.have.length(1);
  });

  it('forgets what was deleted', async () => {
    const { id } = (await api.post('/bots', { name: 'Short-lived' })).body;
    expect((await find('short-lived')).Bots).to.have.length(1);
    await api.delete(`/bots/${id}`);
    expect(await find('short-lived')).to.deep.equal({});
  });

  it('says what to do when nothing is found, and where to go when nothing is asked', async () => {
    const { $, text } = await admin.get('/app/search?q=%3Cb%3Enothing%00');
    expect($('#results h2').text()).to.equal('Nothing is called “<b>nothing”');
    expect(text).not.to.include('<b>nothing');
    expect(Object.keys(await find(''))).to.deep.equal(['Pages']);
    expect((await admin.get('/app/search?q=a&q=b')).status).to.equal(200);
  });

  it('is for those who are signed in', async () => {
    expect(leadsTo(await visitor(running.url).get('/app/search?q=desk'))).to.equal(
      '/login?next=%2Fapp%2Fsearch%3Fq%3Ddesk',
    );
  });
});

describe('the search among many conversations', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(() => running.stop());

  it('reads indexes', async () => {
    const { db } = running.hookbell.deps;
    const asked: { sql: string; bindings: unknown[] }[] = [];
    const note = (query: { sql: string; bindings: unknown[] }) => void asked.push(query);
    const { reader } = running.hookbell.deps;
    reader.on('query', note);
    const admin = await person(running);
    await running.hookbell.finder.find({ ...admin, name: '', role: 'admin' }, 'ada');
    reader.off('query', note);
    const alike = asked.filter(({ sql }) => /from [`"]conversations[`"] where/.test(sql));
    expect(alike.length).to.be.greaterThan(1);
    if (db.client.config.client === 'pg') return;
    for (const { sql, bindings } of alike) {
      const plan: { detail: string }[] = await reader.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as string[]);
      expect(plan.map(({ detail }) => detail).join('; ')).to.match(
        /^SEARCH conversations USING INDEX conversations_(email|name) \(<expr>>\? AND <expr><\?\)$/,
      );
    }
  });
});
