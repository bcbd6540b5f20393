import { expect } from 'chai';
import { mask } from '../../../src/sources/secrets.js';
import { type Caller, caller } from '../../support/caller.js';
import { eventually } from '../../support/eventually.js';
import { inside, paragraph, words } from '../../support/notionObjects.js';
import { type NotionServer, notionServer, token } from '../../support/notionServer.js';
import { type Person, person } from '../../support/people.js';
import { type Running, startHookbell } from '../../support/server.js';

describe('a Notion source in a bot', () => {
  let running: Running;
  let admin: Person;
  let api: Caller;
  let bot: string;
  let notion: NotionServer;
  /** Whatever was answered or shown, to look for the token in. */
  const said: string[] = [];

  before(async () => {
    running = await startHookbell();
    admin = await person(running);
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(() => running.stop());

  beforeEach(async () => {
    notion = await notionServer();
    said.length = 0;
  });
  afterEach(async () => {
    await notion.close();
    expect(said.join('') + running.logged(), 'the token').not.to.include(token);
  });

  async function get(path: string) {
    const answer = await api.get(path);
    said.push(answer.text);
    return answer.body;
  }
  async function made(config: object): Promise<string> {
    const given = { name: 'Wiki', type: 'notion', config: { token, baseUrl: notion.origin, ...config } };
    const answer = await api.post(`/bots/${bot}/data-sources`, given);
    said.push(answer.text);
    expect(answer.status, answer.text).to.equal(201);
    return answer.body.id;
  }
  const settled = (id: string) =>
    eventually('the sync has ended', async () => {
      const { lastSync } = await get(`/data-sources/${id}`);
      return lastSync?.finishedAt && lastSync;
    });
  async function syncedAgain(id: string) {
    const asked = await api.post(`/data-sources/${id}/sync`);
    return eventually('it has ended', async () => {
      const sync = await get(`/syncs/${asked.body.id}`);
      return sync.finishedAt && sync;
    });
  }
  const found = async (words: string) =>
    (await get(`/bots/${bot}/search?q=${words}`)).data.map(({ title, url }: Record<string, string>) => ({
      title,
      url,
    }));
  async function shown(path: string) {
    const page = await admin.get(path);
    said.push(page.text);
    return page.$;
  }
  const asStored = async (id: string) => (await running.hookbell.sources.toRead(id))?.config;

  it('is synced, found, and synced again', async () => {
    const child = notion.page({ title: 'Returns' }, [paragraph('The quokka takes parcels back.')]);
    const top = notion.page({ title: 'Handbook' }, [
      words('toggle', 'Shipping by zeppelin', [inside('child_page', child)]),
    ]);
    const entry = notion.page({
      title: 'Hat',
      properties: { Stock: { type: 'select', select: { name: 'okapi' } } },
    });
    const { id: database } = notion.database([entry]);

    const id = await made({ pageIds: [top], databaseIds: [database] });

    const first = await settled(id);
    expect(first.reason).to.equal(null);
    expect(first.results).to.include({ totalDataSourceRows: 3, modifiedRows: 3 });
    expect(await found('quokka')).to.deep.equal([
      { title: 'Returns', url: `https://www.notion.so/Returns-${child.replaceAll('-', '')}` },
    ]);
    expect((await found('okapi'))[0]).to.include({ title: 'Hat' });

    notion.change(child, { edited: '2025-04-01T00:00:00.000Z' }, [paragraph('The numbat does.')]);
    notion.change(entry, { in_trash: true });
    notion.requests.length = 0;
    const second = await syncedAgain(id);

    expect(second.results).to.include({ totalDataSourceRows: 2, modifiedRows: 1, unmodifiedRows: 1 });
    expect(notion.asked().filter((asked) => asked.includes('blocks'))).to.have.length(1);
    expect((await found('numbat'))[0]).to.include({ title: 'Returns' });
    for (const gone of ['quokka', 'okapi']) expect(await found(gone)).to.deep.equal([]);
  });

  it('keeps what it can no longer read, and lists it', async () => {
    const [kept, fine] = ['Kept', 'Fine'].map((title) =>
      notion.page({ title }, [paragraph(`a ${title} wombat`)]),
    );
    const id = await made({ pageIds: [kept, fine] });
    await settled(id);

    notion.hide(kept!);
    const sync = await syncedAgain(id);

    expect(sync.status).to.equal('succeeded');
    expect(await found('wombat')).to.have.length(2);
    const $ = await shown(`/app/syncs/${sync.id}`);
    expect($('tbody tr').text()).to.match(/is not shared with the integration: share it in Notion/);
  });

  it('shows the token to nobody, and tells when Notion does not know it', async () => {
    const config = { token: `${token}x`, pageIds: [notion.page({ title: 'Page' })] };
    const id = await made(config);

    const sync = await settled(id);

    expect(sync.reason).to.match(/^Notion does not know this token: copy it again/);
    expect((await get(`/data-sources/${id}`)).config).to.include({ token: mask, baseUrl: notion.origin });
    const $ = await shown(`/app/data-sources/${id}`);
    expect($('main').text()).to.match(/Notion does not know this token/);
    for (const path of [
      `/app/data-sources/${id}/edit`,
      '/app/settings/audit',
      `/app/bots/${bot}/data-sources`,
    ])
      await shown(path);
    const rows = JSON.stringify(await running.hookbell.deps.db('data_sources'));
    said.push(rows);
    await get(`/data-sources/${id}/syncs`);
    expect(rows).not.to.include(notion.origin);
  });

  it('is set up in a form that takes addresses, and keeps the token where none is typed', async () => {
    const page = notion.page({ title: 'Page' });
    const compact = page.replaceAll('-', '');
    const $ = await shown(`/app/bots/${bot}/data-sources/new?type=notion`);
    expect($('#field-token').attr('type')).to.equal('password');
    expect($('details:not([open]) #field-baseUrl').length).to.equal(1);

    const fields = { name: 'Wiki', token, pageIds: `https://www.notion.so/Page-${compact}\r\n\r\n${page}` };
    const refused = await admin.submit(
      `/app/bots/${bot}/data-sources/new?type=notion`,
      { ...fields, pageIds: `${page}\r\nnonsense`, baseUrl: notion.origin },
      `/app/bots/${bot}/data-sources`,
    );
    said.push(refused.text);
    expect(refused.$('#field-pageIds-error').text()).to.include(
      '“nonsense” is neither the id nor the address of a Notion page',
    );
    const answer = await admin.submit(
      `/app/bots/${bot}/data-sources/new?type=notion`,
      { ...fields, baseUrl: notion.origin },
      `/app/bots/${bot}/data-sources`,
    );
    const id = String(answer.headers.location).split('/').at(-1)!;
    const stored = { token, pageIds: [page, page], baseUrl: notion.origin };
    expect(await asStored(id)).to.deep.equal(stored);
    await settled(id);

    const edit = await shown(`/app/data-sources/${id}/edit`);
    expect(edit('#field-token').attr()).to.include({ value: '', placeholder: 'stored; leave empty to keep' });
    expect(edit('#field-token').attr()).not.to.have.property('required');
    expect(edit('#field-pageIds').val()).to.equal(`${page}\n${page}`);
    await admin.submit(`/app/data-sources/${id}/edit`, { pageIds: page, token: '' });
    expect(await asStored(id)).to.deep.equal({ ...stored, pageIds: [page] });

    const elsewhere = await admin.submit(`/app/data-sources/${id}/edit`, {
      baseUrl: 'http://127.0.0.1:9',
      token: '',
    });
    expect(elsewhere.text).to.include(
      'must be entered again: the one that is stored was entered for another',
    );
    const config = { token: mask, pageIds: [page] };
    expect((await api.patch(`/data-sources/${id}`, { config })).status).to.equal(422);
    const same = { ...config, baseUrl: notion.origin };
    expect((await api.patch(`/data-sources/${id}`, { config: same })).status).to.equal(200);
    expect(await asStored(id)).to.include({ token });
  });
});
