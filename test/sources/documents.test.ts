import { expect } from 'chai';
import supertest from 'supertest';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { fixture } from './fixtures.js';

describe('uploaded PDF and Word documents', () => {
  let running: Running;
  let admin: Person;
  let api: Caller;
  let bot: string;
  before(async () => {
    running = await startHookbell();
    admin = await person(running);
    api = caller(running.url, admin.key);
  });
  beforeEach(async () => {
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(() => running.stop());

  const made = async (): Promise<string> =>
    (await api.post(`/bots/${bot}/data-sources`, { name: 'Manuals', type: 'files', config: {} })).body.id;
  const settled = (sync: { id: string }) =>
    eventually('the sync has ended', async () => {
      const { body } = await api.get(`/syncs/${sync.id}`);
      return body.finishedAt ? body : null;
    });
  const idle = (id: string) =>
    eventually('no sync waits or runs', async () => {
      const { status, lastSync } = (await api.get(`/data-sources/${id}`)).body;
      return lastSync && !['queued', 'syncing'].includes(status) ? lastSync : null;
    });
  const attach = (request: supertest.Test, files: Record<string, Buffer>) => {
    for (const [name, body] of Object.entries(files)) request.attach('file', body, name);
    return request.then((answer) => answer);
  };
  const upload = async (id: string, files: Record<string, Buffer>) => {
    const request = supertest(running.url).post(`/api/v1/data-sources/${id}/files`);
    const answer = await attach(request.set('Authorization', `Bearer ${admin.key}`), files);
    expect(answer.status, answer.text).to.equal(201);
    return settled(answer.body.sync);
  };
  const found = async (words: string) => {
    const { data } = (await api.get(`/bots/${bot}/search?q=${encodeURIComponent(words)}`)).body;
    return data.map(({ title }: { title: string }) => title) as string[];
  };

  it('are found by what is in them, in any language', async () => {
    const id = await made();

    const sync = await upload(id, {
      'guide.pdf': await fixture('guide.pdf'),
      'languages.pdf': await fixture('languages.pdf'),
      'handbook.docx': await fixture('handbook.docx'),
      'harbour.docx': await fixture('harbour.docx'),
    });

    expect(sync).to.include({ status: 'succeeded' });
    expect(sync.results).to.include({ totalDataSourceRows: 4, modifiedRows: 4 });
    expect((await found('how often is the movement cleaned by a clockmaker?'))[0]).to.equal(
      'Care of the Brassfield clock',
    );
    expect((await found('paraffin for the lamp'))[0]).to.equal('The lighthouse keeper’s handbook');
    expect((await found('Швартовка до полуночи'))[0]).to.equal('Правила гавани · 港の規則');
    expect((await found('振り子'))[0]).to.equal('Ρολόγια 時計 Часы');
    expect((await api.get(`/data-sources/${id}/rows`)).body.data).to.have.length(4);
  });

  it('that cannot be read are named with the reason; the others are read, and the last good version stays', async () => {
    const id = await made();
    await api.patch(`/data-sources/${id}`, { maxFailedPercent: 75 });
    const guide = await fixture('guide.pdf');
    await upload(id, { 'guide.pdf': guide, 'handbook.docx': await fixture('handbook.docx') });

    const sync = await upload(id, {
      'guide.pdf': guide.subarray(0, guide.length / 2),
      'locked.pdf': await fixture('locked.pdf'),
      'scan.pdf': await fixture('scan.pdf'),
      'notes.txt': Buffer.from('The chimes are silent at night.'),
    });

    expect(sync).to.include({ status: 'succeeded' });
    expect(sync.results).to.include({ totalDataSourceRows: 3, modifiedRows: 1, unmodifiedRows: 2 });
    expect((await found('rating nut of the pendulum'))[0]).to.equal('Care of the Brassfield clock');
    const page = (await admin.get(`/app/syncs/${sync.id}?outcome=failed`)).$;
    const failed = page('tbody tr')
      .toArray()
      .map((row) => page(row).text().replace(/\s+/g, ' ').trim());
    expect(failed).to.have.members([
      'guide.pdf failed “guide.pdf” is incomplete, its end is missing: it may have been cut off on its way. Its last good version stays.',
      'locked.pdf failed “locked.pdf” is protected by a password.',
      'scan.pdf failed “scan.pdf” has no text in it, only pictures: if it was scanned, have its text recognised (OCR) first.',
    ]);
  });

  it('fail the sync when more than a tenth of them cannot be read: the reason names the first', async () => {
    const id = await made();

    const sync = await upload(id, {
      'locked.pdf': await fixture('locked.pdf'),
      'notes.txt': Buffer.from('The chimes are silent at night.'),
      'scan.pdf': await fixture('scan.pdf'),
    });

    expect(sync).to.include({ status: 'failed', results: null });
    expect(sync.reason).to.match(
      /^2 of 3 rows could not be read.* The first: “locked\.pdf” is protected by a password\. /,
    );
  });

  it('are taken by the page, which says which kinds there are', async () => {
    const id = await made();
    const { $ } = await admin.get(`/app/data-sources/${id}`);
    expect($('input[type=file]').attr('accept')?.split(',')).to.include.members(['.pdf', '.docx', '.md']);
    expect($('#files-hint').text()).to.include('.pdf .docx').and.include('OCR');

    const request = admin.agent.post(`/app/data-sources/${id}/files?_csrf=${await admin.token()}`);
    const answer = await attach(request, { 'Führer.pdf': await fixture('guide.pdf') });

    expect(answer.status).to.equal(303);
    expect((await idle(id)).results).to.include({ totalDataSourceRows: 1 });
    expect(await found('silvered brass dial')).to.deep.equal(['Care of the Brassfield clock']);
  });
});
