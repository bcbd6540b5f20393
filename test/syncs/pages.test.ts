import { expect } from 'chai';
import { syncAnswer } from '../../src/syncs/schema.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { staticSite } from '../support/staticSite.js';
import { leadsTo, type Page } from '../support/visitor.js';

const tidy = (text: string) => text.replace(/\s+/g, ' ').trim();
const csv = (lines: string[]) => ['id,name', ...lines].join('\n');

describe('the pages of syncs', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let bot: string;
  let source: string;
  before(async () => {
    running = await startHookbell();
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    source = await made({ name: 'Prices', type: 'csv', config: { keyColumn: 'id' }, maxFailedPercent: 30 });
  });
  after(() => running.stop());

  async function made(input: object): Promise<string> {
    const answer = await api.post(`/bots/${bot}/data-sources`, input);
    expect(answer.status, answer.text).to.equal(201);
    return answer.body.id;
  }

  const ended = (id: string) =>
    eventually('the sync has ended', async () => {
      const { body } = await api.get(`/syncs/${id}`);
      return body.finishedAt && body;
    });

  async function read(lines: string[]) {
    const { body } = await admin.agent
      .post(`/api/v1/data-sources/${source}/files`)
      .set('Authorization', `Bearer ${admin.key}`)
      .attach('file', Buffer.from(csv(lines)), 'prices.csv');
    return ended(body.sync.id);
  }

  const texts = ({ $ }: Page, selector: string) =>
    $(selector)
      .toArray()
      .map((found) => tidy($(found).text()));

  it('say what became of each row, and lead from one outcome to its rows', async () => {
    await read(['1,one', '2,two', '3,three', '4,four']);
    const sync = await read(['1,one', '2,two < three & four', '4,four', '5,five', ',nobody']);
    expect(sync.rows).to.deep.equal({
      added: 1,
      changed: 1,
      unchanged: 2,
      removed: 1,
      leftOut: 0,
      failed: 1,
      repeated: 0,
    });

    const ofSource = await admin.get(`/app/data-sources/${source}`);
    const row = ofSource.$(`#sync-${sync.id}`).closest('tr');
    expect(tidy(row.find('.result').text())).to.equal(
      '1 row added, 1 changed, 1 removed, 2 as before, 1 failed',
    );
    const page = await admin.get(row.find('a').attr('href')!);

    expect(texts(page, '.breadcrumb-item').slice(0, 5)).to.deep.equal([
      'Bots',
      'Help desk',
      'Data sources',
      'Prices',
      'Syncs',
    ]);
    expect(texts(page, '.sums .card')).to.deep.equal([
      'added1',
      'changed1',
      'unchanged2',
      'removed1',
      'failed1',
    ]);
    expect(texts(page, 'tbody tr')).to.deep.equal([
      'line 6 failed line 6 has nothing in “id”.',
      'three removed',
      'two < three & four changed',
      'five added',
    ]);
    const filtered = await admin.get(page.$('.sums a').last().attr('href')!);
    expect(texts(filtered, 'tbody tr')).to.deep.equal(['line 6 failed line 6 has nothing in “id”.']);
    expect(tidy(filtered.$('.sums [aria-current]').text())).to.equal('failed1');
  });

  it('go on where a page of rows ends, in the API as well', async () => {
    const sync = await read(Array.from({ length: 5 }, (_, n) => `new ${n},name ${n}`));
    const pages: string[][] = [];
    const keys: string[] = [];

    for (let at = `/app/syncs/${sync.id}?limit=3&outcome=added`; at; ) {
      const page = await admin.get(at);
      pages.push(texts(page, 'tbody td:first-child'));
      at = page.$('main a:contains(More rows)').attr('href') ?? '';
    }
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/syncs/${sync.id}/rows?outcome=added&limit=2${cursor && `&cursor=${cursor}`}`;
      const { body } = await api.get(path);
      keys.push(...body.data.map(({ key }: { key: string }) => key));
      cursor = body.nextCursor;
    }

    expect(pages.flat()).to.deep.equal(['name 0', 'name 1', 'name 2', 'name 3', 'name 4']);
    expect(keys).to.deep.equal(['new 0', 'new 1', 'new 2', 'new 3', 'new 4']);
    expect((await api.get(`/syncs/${sync.id}/rows?outcome=unchanged`)).status).to.equal(422);
  });

  it('say which pages of a site were left out, and why, and so does the API', async () => {
    const site = await staticSite({
      '/': '<title>Home</title><a href="/hidden">Home</a>',
      '/hidden': '<meta name="robots" content="noindex">Hidden',
    });
    const website = await made({ name: 'Site', type: 'website', config: { url: `${site.origin}/` } });
    const { id } = await ended((await api.get(`/data-sources/${website}`)).body.lastSync.id);
    await site.close();

    const ofSource = await admin.get(`/app/data-sources/${website}`);
    const page = await admin.get(`/app/syncs/${id}?outcome=leftOut`);
    const { body } = await api.get(`/syncs/${id}/rows?outcome=leftOut`);

    expect(texts(ofSource, '.result')).to.deep.equal(['1 row added, 1 left out']);
    expect(texts(page, '.sums .card').at(-1)).to.equal('left out1');
    expect(texts(page, 'tbody tr')).to.deep.equal([
      `${site.origin}/hidden left out not to be indexed (noindex).`,
    ]);
    expect(body.data).to.deep.equal([
      {
        outcome: 'leftOut',
        key: `${site.origin}/hidden`,
        title: '',
        reason: 'not to be indexed (noindex)',
        kept: null,
      },
    ]);
    const answered = syncAnswer.parse((await api.get(`/syncs/${id}`)).body);
    expect(answered.rows).to.include({ added: 1, leftOut: 1, failed: 0 });
    await api.delete(`/data-sources/${website}`);
  });

  it('lend the page of a source the reason why one of its files could not be read', async () => {
    const papers = await made({ name: 'Papers', type: 'files', config: {} });
    const upload = admin.agent
      .post(`/api/v1/data-sources/${papers}/files`)
      .set('Authorization', `Bearer ${admin.key}`);
    for (const [name, text] of [
      ['good.txt', 'Hats'],
      ['empty.txt', ''],
    ] as const)
      upload.attach('file', Buffer.from(text), name);
    await ended((await upload).body.sync.id);

    const page = await admin.get(`/app/data-sources/${papers}`);

    expect(texts(page, '.hooks li')).to.deep.equal([
      'empty.txt 0 B“empty.txt” has no text in it.',
      'good.txt 4 B',
    ]);
    await api.delete(`/data-sources/${papers}`);
  });

  it('of one that failed say why, and which rows', async () => {
    const sync = await read(['1,one', ',x', ',y']);

    const { $ } = await admin.get(`/app/syncs/${sync.id}`);
    expect(tidy($('.alert-danger').text())).to.match(
      /^It failed, and changed nothing\. 2 of 3 rows could not be read, which is more than the 30 % that may fail/,
    );
    expect($('tbody tr')).to.have.lengthOf(2);
    const ofSource = await admin.get(`/app/data-sources/${source}`);
    expect(ofSource.$('.alert-danger a').attr('href')).to.equal(`/app/syncs/${sync.id}`);
    expect((await api.get(`/data-sources/${source}`)).body.maxFailedPercent).to.equal(30);
  });

  it('list the history with what a chart is drawn from', async () => {
    const page = await admin.get(`/app/data-sources/${source}/syncs?limit=2`);

    expect(page.$('[data-durations] canvas').attr('aria-label')).to.include('The table below');
    expect(page.$('tr[data-took]')).to.have.lengthOf(2);
    expect(page.$('tr[data-took]').first().attr('data-status')).to.equal('failed');
    const older = await admin.get(page.$('main a:contains(Older syncs)').attr('href')!);
    expect(older.$('tbody tr').length).to.be.greaterThan(0);
  });

  it('are there for those who may see the bot', async () => {
    const { body } = await api.get(`/data-sources/${source}/syncs`);
    const [{ id }] = body.data;
    for (const path of [`/app/syncs/${id}`, `/app/data-sources/${source}/syncs`])
      expect((await agent.get(path)).status, path).to.equal(403);
    expect((await caller(running.url, agent.key).get(`/syncs/${id}/rows`)).status).to.equal(403);
    expect((await admin.get('/app/syncs/nothing')).status).to.equal(404);
  });

  it('let how many rows may fail be set in words', async () => {
    const edit = `/app/data-sources/${source}/edit`;
    expect((await admin.get(edit)).$('#field-maxFailedPercent').val()).to.equal('30');
    const refused = await admin.submit(edit, { maxFailedPercent: '101' });
    expect(refused.$('#field-maxFailedPercent-error').text()).to.equal('At most 100');

    expect((await admin.submit(edit, { maxFailedPercent: '' })).status).to.equal(303);
    expect(tidy((await admin.get(`/app/data-sources/${source}`)).$('.facts').text())).to.include(
      'Rows that may fail10 %',
    );
  });

  it('sync all sources of a bot but those that cannot be', async () => {
    const words = { type: 'text', config: { entries: [{ title: 'A', text: 'a text' }] } };
    const text = await made({ name: 'Texts', ...words });
    await made({ name: 'Old texts', ...words, enabled: false });
    await made({ name: 'Manuals', type: 'files', config: {} });
    const count = async (id: string) => (await api.get(`/data-sources/${id}/syncs`)).body.data.length;
    await eventually(
      'all is synced',
      async () => (await api.get(`/data-sources/${text}`)).body.lastSync?.finishedAt,
    );
    const before = [await count(source), await count(text)];

    const answer = await admin.submit(
      `/app/bots/${bot}/data-sources`,
      {},
      `/app/bots/${bot}/data-sources/sync`,
    );

    expect(leadsTo(answer)).to.equal(`/app/bots/${bot}/data-sources`);
    expect((await admin.get(leadsTo(answer)!)).text).to.include(
      '2 syncs are queued. Skipped: “Manuals”, for no file has been uploaded yet; “Old texts”, for it is disabled.',
    );
    expect([await count(source), await count(text)]).to.deep.equal(before.map((n) => n + 1));
  });

  it('do the same by the API', async () => {
    const { status, body } = await api.post(`/bots/${bot}/sync`);

    expect(status).to.equal(202);
    expect(body.data.map(({ dataSourceId }: { dataSourceId: string }) => dataSourceId)).to.include(source);
    expect(
      body.skipped.map(({ name, reason }: Record<string, string>) => `${name}: ${reason}`),
    ).to.deep.equal(['Manuals: no file has been uploaded yet', 'Old texts: it is disabled']);
    expect((await caller(running.url, agent.key).post(`/bots/${bot}/sync`)).status).to.equal(403);
    for (const { id } of body.data) await ended(id);
  });
});
