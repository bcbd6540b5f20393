import { expect } from 'chai';
import { mask } from '../../../src/sources/secrets.js';
import { type Caller, caller } from '../../support/caller.js';
import { type Person, person } from '../../support/people.js';
import { type Running, startHookbell } from '../../support/server.js';
import { type Site, staticSite } from '../../support/staticSite.js';

const html = (title: string, ...links: string[]) =>
  `<title>${title}</title>${links.map((link) => `<a href="${link}">x</a>`).join('')}<main>About ${title}</main>`;

describe('the preview on the form of a data source', () => {
  let running: Running;
  let site: Site;
  let admin: Person;
  let api: Caller;
  let bot: string;

  before(async () => {
    running = await startHookbell({ background: false });
    site = await staticSite();
    admin = await person(running);
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
  });
  after(async () => {
    await running.stop();
    await site.close();
  });

  const newPage = (type: string) => `/app/bots/${bot}/data-sources/new?type=${type}`;
  const json = (value: unknown) => ({
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  });

  /** Fills in the form of a page, and presses “Preview”; as htmx does where a script runs. */
  async function preview(path: string, fields: Record<string, string>, { script = false } = {}) {
    const { $ } = await admin.get(path);
    const filled = Object.fromEntries(
      $('#show-preview')
        .closest('form')
        .serializeArray()
        .map(({ name, value }) => [name, value]),
    );
    const to = $('#show-preview').attr(script ? 'hx-post' : 'formaction')!;
    const headers: Record<string, string> = script ? { 'HX-Request': 'true' } : {};
    return admin.post(to.replace(/#.*/, ''), { ...filled, ...fields }, headers);
  }
  const textOf = (text: string) => text.replace(/\s+/g, ' ').trim();

  it('is offered where there is something to preview', async () => {
    for (const type of ['website', 'feed', 'csv', 'json', 'notion', 'text'])
      expect((await admin.get(newPage(type))).$('#show-preview').text().trim(), type).to.equal('Preview');
    expect((await admin.get(newPage('files'))).$('#show-preview').length).to.equal(0);
  });

  it('shows texts as the rows that they will be, or which is not complete', async () => {
    const entry = (title: string, text: string) => ({ 'entries[0][title]': title, 'entries[0][text]': text });

    const { $ } = await preview(newPage('text'), entry('Opening hours', 'From nine to five'));
    const wrong = await preview(newPage('text'), entry('Opening hours', ''));

    expect(textOf($('#preview').text())).to.equal(
      'Preview 1 row in all. Opening hours Known by what it says From nine to five',
    );
    expect(textOf(wrong.$('#preview li').text())).to.equal('Entry 1, text: must not be empty');
  });

  it('shows the first rows beneath what was typed, and creates nothing', async () => {
    site.pages['/'] = json({ items: [{ id: 1, name: '<b>Hats</b> & co' }, { name: 'Caps' }] });
    const fields = {
      name: '',
      url: `${site.origin}/`,
      headers: 'X-Key: hush',
      idField: 'id',
      every: 'daily',
    };

    const { status, $ } = await preview(newPage('json'), fields);

    expect(status).to.equal(200);
    expect(textOf($('#preview').text())).to.equal(
      'Preview 2 rows in all. One of them is shown. Hats & co Known by 1 id: 1 name: Hats & co ' +
        'Would fail item 2 Item 2 has no id at “id”.',
    );
    for (const [name, value] of Object.entries(fields))
      expect($(`main form [name="${name}"]`).val(), name).to.equal(value);
    expect($('main form').attr('action')).to.equal(`/app/bots/${bot}/data-sources`);
    expect((await api.get(`/bots/${bot}/data-sources`)).body.data).to.deep.equal([]);
    expect(running.logged()).not.to.include('hush');
  });

  it('is all that comes back where a script asks for it', async () => {
    site.pages['/'] = json([{ id: 1, name: 'Hats' }]);

    const { $, status } = await preview(newPage('json'), { url: `${site.origin}/` }, { script: true });
    const wrong = await preview(
      newPage('json'),
      { url: `${site.origin}/`, itemsPath: 'a' },
      { script: true },
    );

    expect([status, $('main, form').length, $('.preview-rows h3').text()]).to.deep.equal([200, 0, 'Hats']);
    expect(wrong.$('[role=alert]').text()).to.match(
      /^It cannot be read. There is nothing at “a”; the answer is an array of 1\.$/,
    );
  });

  it('says at the field what is to be corrected first', async () => {
    const page = await preview(newPage('json'), { url: 'example', itemsPath: 'a..b' });
    const part = await preview(newPage('json'), { url: 'http://10.0.0.1/' }, { script: true });

    expect(page.status).to.equal(422);
    expect(page.$('#field-url-error').text()).to.match(/http/);
    expect(page.$('#preview li').last().text()).to.equal(
      'Path to the items: must be a dotted path such as data.items',
    );
    expect([part.status, part.$('button[name=allow]').text()]).to.deep.equal([
      200,
      'Allow 10.0.0.1:80 and create',
    ]);
  });

  it('uses what is stored where a secret is left as it is, and never shows it', async () => {
    site.pages['/'] = ({ headers }, response) =>
      response.writeHead(headers['x-key'] === 'silence' ? 200 : 401).end('[{"name":"Hats"}]');
    const config = { url: `${site.origin}/`, headers: { 'X-Key': 'silence' } };
    const made = await api.post(`/bots/${bot}/data-sources`, { name: 'Stored', type: 'json', config });

    const { $, text } = await preview(`/app/data-sources/${made.body.id}/edit`, { titleField: 'name' });
    const other = await preview(`/app/data-sources/${made.body.id}/edit`, { headers: 'X-Key: noise' });

    expect($('.preview-rows h3').text()).to.equal('Hats');
    expect($('#field-headers').val()).to.equal(`X-Key: ${mask}`);
    expect(text + running.logged()).not.to.include('silence');
    expect(textOf(other.$('[role=alert]').text())).to.equal(
      'It cannot be read. The server answered 401 Unauthorized.',
    );
    expect((await api.get(`/data-sources/${made.body.id}`)).body.config).to.not.have.property('titleField');
  });

  it('shows which addresses globs match, and again without asking the site when they change', async () => {
    Object.assign(site.pages, {
      '/': html('Home', '/docs/a', '/docs/b', '/blog/c'),
      '/docs/a': html('A'),
      '/docs/b': html('B'),
      '/blog/c': html('C'),
    });
    const addresses = ({ $ }: Awaited<ReturnType<typeof preview>>, which: string) =>
      $(`#preview-${which} code`)
        .map((_at, code) => $(code).text())
        .get();
    const fields = { url: `${site.origin}/`, include: '/docs/**' };

    const first = await preview(newPage('website'), fields, { script: true });
    const asked = site.requests.length;
    const again = first.$('[hx-vals]');
    const second = await preview(
      newPage('website'),
      { ...fields, include: '/blog/*\r\n/', exclude: '/docs/b', ...JSON.parse(again.attr('hx-vals')!) },
      { script: true },
    );

    expect(addresses(first, 'matched')).to.deep.equal(['/docs/a', '/docs/b']);
    expect(addresses(first, 'left')).to.deep.equal(['/blog/c', '/']);
    expect(again.attr('hx-post')).to.equal(`/app/bots/${bot}/data-sources/preview`);
    expect(addresses(second, 'matched')).to.deep.equal(['/blog/c', '/']);
    expect(second.$('#preview-left').text()).to.match(
      /would be left out[\s\S]*\/docs\/b like none of the paths/,
    );
    expect(site.requests.length).to.equal(asked);
    const other = { ...fields, selector: 'main', again: '1' };
    await preview(newPage('website'), other, { script: true });
    expect(site.requests.length).to.be.above(asked);
  });

  it('shows how each uploaded file begins, or why it cannot be read, on the page of the source', async () => {
    const { body } = await api.post(`/bots/${bot}/data-sources`, {
      name: 'Papers',
      type: 'files',
      config: {},
    });
    const address = `/app/data-sources/${body.id}`;
    expect((await admin.get(address)).$('#show-preview').length).to.equal(0);
    const upload = admin.agent
      .post(`/api/v1/data-sources/${body.id}/files`)
      .set('Authorization', `Bearer ${admin.key}`);
    for (const [name, text] of Object.entries({
      'a.md': '# Hats',
      'b.json': '{',
      'c.csv': 'id\n1\n2',
      'd.txt': '',
    }))
      upload.attach('file', Buffer.from(text), name);
    await upload;

    const { $, status } = await preview(address, {}, { script: true });
    const whole = await preview(address, {});

    expect(status).to.equal(200);
    expect(textOf($.root().text())).to.equal(
      'Preview 4 files were read as a sync would. The first row of each is shown. a.md From a.md # Hats 1 From c.csv ' +
        "id: 1 Would fail “b.json” is not valid JSON: Expected property name or '}' in JSON at position 1." +
        '“d.txt” has no text in it.',
    );
    expect(whole.$('#field-name').val()).to.equal('Papers');
    expect(whole.$('.preview-rows > li').length).to.equal(2);
  });

  it('is for admins, and for those who have the token of the form', async () => {
    const agent = await person(running, 'agent');
    await admin.submit(`/app/bots/${bot}/settings`, { agents: agent.id }, `/app/bots/${bot}/agents`);
    const path = `/app/bots/${bot}/data-sources/preview`;
    const fields = { type: 'json', url: `${site.origin}/` };
    site.requests.length = 0;

    expect((await agent.post(path, { ...fields, _csrf: await agent.token() })).status).to.equal(403);
    expect((await admin.post(path, fields)).status).to.equal(403);
    expect(site.requests).to.deep.equal([]);
  });
});
