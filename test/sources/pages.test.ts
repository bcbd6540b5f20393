import { expect } from 'chai';
import { connectors } from '../../src/sources/connectors/registry.js';
import { kinds } from '../../src/sources/kinds.js';
import { mask } from '../../src/sources/secrets.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

type Fields = Record<string, string | undefined>;

describe('the pages of data sources', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  let api: Caller;
  let bot: string;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
    agent = await person(running, 'agent');
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    await admin.submit(`/app/bots/${bot}/settings`, { agents: agent.id }, `/app/bots/${bot}/agents`);
  });
  after(() => running.stop());

  const newPage = (type: string) => `/app/bots/${bot}/data-sources/new?type=${type}`;
  const idOf = (location: string) => location.split('/').at(-1)!;
  const get = async (id: string) => (await api.get(`/data-sources/${id}`)).body;
  const url = 'http://127.0.0.1:9/';

  async function made(type: string, config: object, more: object = {}): Promise<string> {
    const answer = await api.post(`/bots/${bot}/data-sources`, { name: 'Manual', type, config, ...more });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.id;
  }

  async function upload(id: string, files: [name: string, content: string][], as = admin) {
    const sent = as.agent.post(`/app/data-sources/${id}/files?_csrf=${await as.token()}`);
    for (const [name, content] of files) sent.attach('file', Buffer.from(content), name);
    return sent.field('x', 'y');
  }

  it('offer every type that can be read', async () => {
    expect(kinds.map(({ type }) => type)).to.have.members([...connectors.keys()]);
    const { $ } = await admin.get(`/app/bots/${bot}/data-sources/new`);
    for (const { type, title } of kinds) {
      expect(
        $(`a[href="${newPage(type)}"] h2`)
          .text()
          .trim(),
      ).to.equal(title);
      const form = (await admin.get(newPage(type))).$;
      expect(form('h1').text(), type).to.equal(title);
      expect(form('main form .btn-primary').text(), type).to.equal('Create');
    }
    expect((await admin.get(newPage('nonsense'))).$('h1').text()).to.equal('Add a data source');
  });

  const forms: [type: string, fields: Fields, config: object][] = [
    ['website', { url }, { url, mode: 'crawl', maxPages: 500 }],
    [
      'website',
      {
        url,
        mode: 'sitemap',
        maxPages: '20',
        include: '/a/**\r\n\r\n /b/** ',
        exclude: '/a/x',
        selector: 'main',
      },
      {
        url,
        mode: 'sitemap',
        maxPages: 20,
        include: ['/a/**', '/b/**'],
        exclude: ['/a/x'],
        selector: 'main',
      },
    ],
    ['feed', { url }, { url }],
    ['csv', {}, {}],
    ['csv', { url, keyColumn: 'sku', delimiter: 'tab' }, { url, keyColumn: 'sku', delimiter: '\t' }],
    ['csv', { delimiter: ';' }, { delimiter: ';' }],
    [
      'json',
      {
        url,
        headers: 'Authorization: Bearer a:b\nX-Key:  c',
        itemsPath: 'data.items',
        idField: 'id',
        titleField: 'name',
        nextPath: 'links.next',
      },
      {
        url,
        headers: { Authorization: mask, 'X-Key': mask },
        itemsPath: 'data.items',
        idField: 'id',
        titleField: 'name',
        nextPath: 'links.next',
      },
    ],
    ['files', {}, {}],
    [
      'text',
      { 'entries[0][title]': ' When? ', 'entries[0][text]': 'Now.\r\n\r\nOr later.' },
      { entries: [{ title: 'When?', text: 'Now.\r\n\r\nOr later.' }] },
    ],
  ];
  for (const [type, fields, config] of forms) {
    it(`make one of type ${type} with ${Object.keys(fields).join(', ') || 'nothing but a name'}, and change it without losing anything`, async () => {
      const answer = await admin.submit(newPage(type), { name: 'Manual', ...fields });
      const id = idOf(String(leadsTo(answer)));
      const before = await get(id);
      expect(before).to.deep.include({ name: 'Manual', type, config, schedule: null, enabled: true });
      const stored = (await running.hookbell.sources.toRead(id))?.config;
      expect(JSON.stringify(stored)).not.to.include(mask);

      const changed = await admin.submit(`/app/data-sources/${id}/edit`, {
        name: 'Handbook',
        every: 'daily',
      });
      expect(leadsTo(changed)).to.equal(`/app/data-sources/${id}`);
      expect(await get(id)).to.deep.include({ name: 'Handbook', config, schedule: 'daily', enabled: true });
      expect((await running.hookbell.sources.toRead(id))?.config).to.deep.equal(stored);
    });
  }

  it('send headers as they were typed, keep those that are masked, and drop those that are gone', async () => {
    const id = await made('json', { url, headers: { Authorization: 'Bearer hush', 'X-Key': 'silence' } });
    const { $, text } = await admin.get(`/app/data-sources/${id}/edit`);
    expect($('#field-headers').val()).to.equal(`Authorization: ${mask}\nX-Key: ${mask}`);
    expect(text).not.to.match(/hush|silence/);
    const headers = `Authorization: ${mask}\r\nX-New: quiet`;
    await admin.submit(`/app/data-sources/${id}/edit`, { headers });
    expect((await running.hookbell.sources.toRead(id))?.config.headers).to.deep.equal({
      Authorization: 'Bearer hush',
      'X-New': 'quiet',
    });
    expect((await admin.get(`/app/data-sources/${id}`)).text).not.to.match(/hush|quiet/);
  });

  const refused: [what: string, type: string, fields: Fields, field: string, message: RegExp][] = [
    ['no name', 'feed', { name: '', url }, 'name', /Missing/],
    ['a long name', 'feed', { name: 'x'.repeat(101), url }, 'name', /At most 100/],
    ['no URL', 'website', { url: '' }, 'url', /Missing/],
    ['what is no URL', 'feed', { url: 'example' }, 'url', /http/],
    ['another scheme', 'feed', { url: 'ftp://example.com/' }, 'url', /http/],
    ['a URL with a password', 'csv', { url: 'http://a:b@example.com/' }, 'url', /password/],
    [
      'a private address',
      'website',
      { url: 'http://10.0.0.1/' },
      'url',
      /private.*OUTBOUND_ALLOW=10\.0\.0\.1:80/,
    ],
    ['half a page', 'website', { url, maxPages: '0.5' }, 'maxPages', /a whole number from 1 to 50,000/],
    ['no number of pages', 'website', { url, maxPages: 'many' }, 'maxPages', /a whole number/],
    ['too many pages', 'website', { url, maxPages: '50001' }, 'maxPages', /a whole number from 1 to 50,000/],
    ['what is no selector', 'website', { url, selector: '[[' }, 'selector', /CSS selector/],
    ['a long delimiter', 'csv', { delimiter: ';;' }, 'delimiter', /one character/],
    ['a path with a hole', 'json', { url, itemsPath: 'a..b' }, 'itemsPath', /dotted path/],
    ['what is no header', 'json', { url, headers: 'Bad Header: x' }, 'headers', /Bad Header: .*header/],
    ['no cron line', 'feed', { url, every: 'cron', cron: '' }, 'cron', /cron line/],
    ['a cron line of six fields', 'feed', { url, every: 'cron', cron: '0 0 6 * * *' }, 'cron', /five fields/],
    ['an entry without text', 'text', { 'entries[0][title]': 'a' }, 'entries-0--text-', /must not be empty/],
  ];
  for (const [what, type, fields, field, message] of refused) {
    it(`refuse ${what} at its field, and keep what was typed`, async () => {
      const answer = await admin.submit(newPage(type), { name: 'Typed before', every: 'hourly', ...fields });
      expect(answer.status).to.equal(422);
      const { $ } = answer;
      expect($(`#field-${field}-error`).text()).to.match(message);
      expect($(`#field-${field}`).attr('aria-describedby')).to.include(`field-${field}-error`);
      expect($(`#field-${field}`).attr('aria-invalid')).to.equal('true');
      expect($('[role=alert]').text()).to.match(/^Please correct the marked fields\.$|OUTBOUND_ALLOW/);
      for (const [name, value = ''] of Object.entries({ name: 'Typed before', every: 'hourly', ...fields })) {
        expect($('main form').find(`[name="${name}"]`).val(), name).to.equal(value);
      }
    });
  }

  it('refuse a change at its field, keep what was typed and what was there', async () => {
    const id = await made('website', { url, mode: 'page' });
    const answer = await admin.submit(`/app/data-sources/${id}/edit`, {
      url: 'http://192.168.0.1/',
      mode: 'crawl',
    });
    expect(answer.status).to.equal(422);
    expect(answer.$('#field-url-error').text()).to.include('OUTBOUND_ALLOW=192.168.0.1:80');
    expect(answer.$('#field-url').val()).to.equal('http://192.168.0.1/');
    expect(answer.$('#field-mode').val()).to.equal('crawl');
    expect((await get(id)).config).to.include({ url, mode: 'page' });
  });

  it('take cron lines, and say in words what they mean', async () => {
    const id = await made('feed', { url });
    await admin.submit(`/app/data-sources/${id}/edit`, { every: 'cron', cron: '30 6 * * 1-5' });
    expect((await get(id)).schedule).to.equal('30 6 * * 1-5');
    const { $ } = await admin.get(`/app/data-sources/${id}`);
    expect($('main').text()).to.include('At 06:30, Monday through Friday (30 6 * * 1-5), next');
    expect((await admin.get(`/app/data-sources/${id}/edit`)).$('#field-cron').val()).to.equal('30 6 * * 1-5');
    await admin.submit(`/app/data-sources/${id}/edit`, { every: '' });
    expect((await get(id)).schedule).to.equal(null);
  });

  it('make room for one more entry, and drop those that were emptied', async () => {
    const entry = (at: number, title: string, text: string) => ({
      [`entries[${at}][title]`]: title,
      [`entries[${at}][text]`]: text,
    });
    const more = await admin.submit(newPage('text'), { name: 'Hours', ...entry(0, 'a', 'b'), more: '1' });
    expect(more.status).to.equal(200);
    expect(
      more
        .$('fieldset legend')
        .map((_at, legend) => more.$(legend).text())
        .get(),
    ).to.deep.equal(['Entry 1', 'New entry']);
    expect(more.$('#field-name').val()).to.equal('Hours');

    const id = await made('text', { entries: ['a', 'b', 'c'].map((title) => ({ title, text: 'x' })) });
    const edit = `/app/data-sources/${id}/edit`;
    const again = await admin.submit(edit, { ...entry(0, '', ''), ...entry(2, 'c', '') });
    expect(again.status).to.equal(422);
    expect(again.$('#field-entries-1--text--error').text()).to.equal('must not be empty');
    expect(again.$('#field-entries-1--title-').val()).to.equal('c');
    await admin.submit(edit, { ...entry(0, '', ''), ...entry(3, 'd', 'y') });
    const { entries } = (await get(id)).config;
    expect(entries.map(({ title }: { title: string }) => title)).to.deep.equal(['b', 'c', 'd']);
    const none = await admin.submit(edit, { ...entry(0, '', ''), ...entry(1, '', ''), ...entry(2, '', '') });
    expect(none.$('#entries-error').text()).to.equal('must have at least one entry');
  });

  it('take files, replace those of the same name, and remove them', async () => {
    const id = await made('files', {});
    const page = `/app/data-sources/${id}`;
    const names = async () => {
      const { $ } = await admin.get(page);
      return $('.hooks li > span')
        .map((_at, line) => $(line).text().trim().replace(/\s+/g, ' '))
        .get();
    };
    expect(
      (
        await upload(id, [
          ['a.md', '# A'],
          ['ü "b".txt', 'B'],
        ])
      ).status,
    ).to.equal(303);
    expect((await admin.get(page)).$('[role=status]').text()).to.include('2 files were added.');
    expect(await names()).to.have.members(['a.md 3 B', 'ü "b".txt 1 B']);
    await upload(id, [['a.md', 'another']]);
    expect(await names()).to.have.members(['a.md 7 B', 'ü "b".txt 1 B']);
    const { $ } = await admin.get(page);
    const remove = $('button[aria-label="Remove a.md"]').closest('form').attr('action')!;
    expect(leadsTo(await admin.submit(page, {}, remove))).to.equal(page);
    expect(await names()).to.deep.equal(['ü "b".txt 1 B']);
    expect((await admin.post(remove, { _csrf: await admin.token() })).status).to.equal(404);
  });

  const badUploads: [what: string, files: [string, string][], status: number, message: RegExp][] = [
    [
      'a file that cannot be read',
      [
        ['a.md', 'x'],
        ['b.exe', 'x'],
      ],
      422,
      /“b\.exe” cannot be read; these can: .*\.md/,
    ],
    ['no file', [], 422, /Missing/],
  ];
  for (const [what, files, status, message] of badUploads) {
    it(`refuse ${what} at the field for files, and keep none`, async () => {
      const id = await made('files', {});
      const answer = await upload(id, files);
      expect(answer.status).to.equal(status);
      expect(answer.text).to.match(message).and.include('id="files-error"');
      expect((await admin.get(`/app/data-sources/${id}`)).$('main').text()).to.include('None yet.');
    });
  }

  it('refuse files without the form’s token, and those for a source that takes none', async () => {
    const id = await made('files', {});
    const stolen = admin.agent.post(`/app/data-sources/${id}/files`).attach('file', Buffer.from('x'), 'a.md');
    expect((await stolen).status).to.equal(403);
    const other = await upload(await made('feed', { url }), [['a.md', 'x']]);
    expect([other.status, other.text.includes('takes no files')]).to.deep.equal([409, true]);
  });

  it('say before a deletion what goes with it', async () => {
    const id = await made('text', { entries: [{ title: 'a', text: 'b' }] });
    const { $ } = await admin.get(`/app/data-sources/${id}/delete`);
    expect($('h1').text()).to.equal('Delete “Manual”?');
    expect($('main form').text()).to.match(
      /0 rows and 0 documents, uploaded files and the history of its syncs/,
    );
    expect((await get(id)).id).to.equal(id);
    const answer = await admin.submit(`/app/data-sources/${id}/delete`);
    expect(leadsTo(answer)).to.equal(`/app/bots/${bot}/data-sources`);
    expect((await admin.get(`/app/data-sources/${id}`)).status).to.equal(404);
  });

  it('say before a bot is deleted which data sources go with it', async () => {
    const other = (await api.post('/bots', { name: 'Short-lived' })).body.id;
    const { body } = await api.post(`/bots/${other}/data-sources`, { name: 'a', type: 'files', config: {} });
    const { $ } = await admin.get(`/app/bots/${other}/delete`);
    expect($('main li').text()).to.include('1 data source with 0 rows');
    await admin.submit(`/app/bots/${other}/delete`);
    expect(await running.hookbell.sources.find(body.id)).to.equal(null);
  });

  it('show everything to agents, and let them change nothing', async () => {
    const id = await made('files', {});
    for (const page of [`/app/bots/${bot}/data-sources`, `/app/data-sources/${id}`]) {
      const { $, status } = await agent.get(page);
      expect(status, page).to.equal(200);
      expect($('main form, main .btn').length, page).to.equal(0);
    }
    const forms = ['edit', 'delete'].map((page) => `/app/data-sources/${id}/${page}`);
    for (const page of [newPage('feed'), ...forms])
      expect((await agent.get(page)).status, page).to.equal(403);
    const _csrf = await agent.token();
    const changes = ['edit', 'delete', 'sync', 'files/x/delete'].map(
      (path) => `/app/data-sources/${id}/${path}`,
    );
    for (const path of [`/app/bots/${bot}/data-sources`, ...changes]) {
      expect((await agent.post(path, { _csrf, name: 'x', type: 'files' })).status, path).to.equal(403);
    }
    expect((await upload(id, [['a.md', 'x']], agent)).status).to.equal(403);
    expect((await get(id)).name).to.equal('Manual');
  });

  it('show nothing of a bot to agents whom it was not given to', async () => {
    const stranger = await person(running, 'agent');
    const id = await made('files', {});
    for (const page of [
      `/app/bots/${bot}/data-sources`,
      `/app/data-sources/${id}`,
      `/app/bots/${bot}/live`,
    ]) {
      expect((await stranger.get(page)).status, page).to.equal(403);
    }
  });

  it('escape what people typed, wherever it is shown', async () => {
    const name = `"><script>alert('x')</script>&amp;<img src=x onerror=alert(1)>`;
    const entries = [{ title: name, text: name }];
    const id = await made('text', { entries }, { name });
    const files = await made('files', {}, { name });
    await upload(files, [[`${name.replace('/', '')}.md`, name]]);
    const own = ['', '/edit', '/delete'].map((path) => `/app/data-sources/${id}${path}`);
    for (const page of [...own, `/app/data-sources/${files}`, `/app/bots/${bot}/data-sources`]) {
      const { $, text } = await admin.get(page);
      expect(text, page).not.to.match(/<script>alert|<img src=x/);
      expect($('main').text() + $('main input').val(), page).to.include(name);
    }
  });

  it('keep a source that is disabled from being synced', async () => {
    const id = await made('feed', { url });
    await admin.submit(`/app/data-sources/${id}/edit`, { enabled: undefined });
    expect((await get(id)).enabled).to.equal(false);
    const { $ } = await admin.get(`/app/data-sources/${id}`);
    expect($('#sync-now').attr('disabled')).to.equal('disabled');
    expect($('main').text()).to.include('This data source is disabled');
    const sync = await admin.submit(`/app/data-sources/${id}`, {}, `/app/data-sources/${id}/sync`);
    expect(sync.status).to.equal(409);
  });
});

describe('a sync that would remove most rows', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell();
  });
  after(() => running.stop());

  it('can be allowed on the page that says why it failed', async () => {
    const admin = await person(running);
    const api = caller(running.url, admin.key);
    const bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const entries = Array.from({ length: 12 }, (_, at) => ({ title: `Entry ${at}`, text: 'Text' }));
    const input = { name: 'Manual', type: 'text', config: { entries } };
    const { id } = (await api.post(`/bots/${bot}/data-sources`, input)).body;
    const page = `/app/data-sources/${id}`;
    const has = (status: string, rows: number) =>
      eventually(`it is ${status} with ${rows} rows`, async () => {
        const { body } = await api.get(`/data-sources/${id}`);
        return body.status === status && body.rows === rows;
      });
    await has('synced', 12);
    const force = async () => (await admin.get(page)).$('input[name=force]').closest('form');
    expect((await force()).length).to.equal(0);

    await api.patch(`/data-sources/${id}`, { config: { entries: entries.slice(0, 2) } });
    await has('failed', 12);
    const { $ } = await admin.get(page);
    expect($('.alert-danger').text()).to.include('10 of 12 rows would be removed, which is more than half');
    const form = await force();
    expect(form.find('button').text()).to.equal('Sync and remove them');
    const fields = Object.fromEntries(form.serializeArray().map(({ name, value }) => [name, value]));
    await admin.post(form.attr('action')!, fields);
    await has('synced', 2);
  });
});
