import { expect } from 'chai';
import { type Caller, caller } from '../support/caller.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, type Page } from '../support/visitor.js';

type Fields = Record<string, string | undefined>;

describe('the form of a webhook, under “More”', () => {
  let running: Running;
  let admin: Person;
  let api: Caller;
  let bot: string;
  let source: string;
  let target: string;
  before(async () => {
    running = await startHookbell({
      background: false,
      env: { ENDPOINT_CONCURRENCY: '12', DELIVERY_TIMEOUT: '20s' },
    });
    admin = await person(running);
    api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const input = { name: 'Manual', type: 'files', config: {} };
    source = (await api.post(`/bots/${bot}/data-sources`, input)).body.id;
    target = `${running.url}/hook`;
  });
  after(() => running.stop());

  const newPage = (type = 'sync.success') => `/app/bots/${bot}/webhooks/new?type=${type}`;
  const create = (fields: Fields, type?: string) =>
    admin.submit(newPage(type), { targetUrl: target, ...fields });
  const edit = (id: string, fields: Fields) => admin.submit(`/app/webhooks/${id}/edit`, fields);
  const made = async (more: object = {}) => {
    const input = { type: 'sync.success', targetUrl: target, ...more };
    return (await api.post(`/bots/${bot}/webhooks`, input)).body.id as string;
  };
  const idOf = (answer: Page) => String(leadsTo(answer)).split('/').at(-1)!;
  const get = async (id: string) => (await api.get(`/webhooks/${id}`)).body;
  const headersOf = async (id: string) => (await api.get(`/webhooks/${id}/secret`)).body.headers;
  const isOpen = ({ $ }: Page) => $('#more').attr('open') !== undefined;
  const row = (index: number, name: string, value: string) => ({
    [`headers[${index}][name]`]: name,
    [`headers[${index}][value]`]: value,
  });

  it('is closed, with empty rows and the defaults in words, until something is set', async () => {
    const page = await admin.get(newPage());
    expect(isOpen(page)).to.equal(false);
    expect(page.$('#more summary').text()).to.equal('More: headers, pace');
    expect(page.$('#more input[name$="[name]"]').length).to.equal(3);
    expect(page.$('#field-requestsPerSecond-hint').text()).to.match(/Empty: no limit\.$/);
    expect(page.$('#field-concurrency-hint').text()).to.match(/Empty: 12\.$/);
    expect(page.$('#field-timeoutSeconds-hint').text()).to.match(/Empty: 20\.$/);
    const id = idOf(await create({}));
    expect(await get(id)).to.deep.include({ headers: [], requestsPerSecond: null, inOrder: true });
    expect(isOpen(await admin.get(`/app/webhooks/${id}/edit`))).to.equal(false);
  });

  it('is not there for a trigger', async () => {
    expect((await admin.get(newPage('sync.trigger'))).$('#more').length).to.equal(0);
    const id = idOf(await admin.submit(newPage('sync.trigger'), { dataSourceId: source }));
    expect((await admin.get(`/app/webhooks/${id}/edit`)).$('#more').length).to.equal(0);
    expect(leadsTo(await edit(id, {}))).to.equal(`/app/webhooks/${id}`);
  });

  it('makes a webhook with headers and a pace', async () => {
    const id = idOf(
      await create({
        ...row(0, ' Authorization ', ' Bearer one '),
        ...row(2, 'X-Tenant', 'acme'),
        requestsPerSecond: ' 10 ',
        concurrency: '2',
        timeoutSeconds: '5',
      }),
    );
    expect(await get(id)).to.deep.include({
      headers: ['Authorization', 'X-Tenant'],
      requestsPerSecond: 10,
      concurrency: 2,
      timeoutSeconds: 5,
      inOrder: true,
    });
    expect(await headersOf(id)).to.deep.equal({ Authorization: 'Bearer one', 'X-Tenant': 'acme' });
  });

  it('shows the names of headers and no value, and keeps those that are left empty', async () => {
    const id = await made({
      headers: { Authorization: 'Bearer one', 'X-Tenant': 'acme', 'X-Old': 'gone' },
      concurrency: 3,
    });
    const page = await admin.get(`/app/webhooks/${id}/edit`);
    const { $ } = page;
    expect(isOpen(page)).to.equal(true);
    const value = (attribute: string) => (_index: number, input: Parameters<typeof $>[0]) =>
      $(input as never).attr(attribute) ?? '';
    expect($('#more input[name$="[name]"]').map(value('value')).get()).to.deep.equal([
      'Authorization',
      'X-Tenant',
      'X-Old',
      '',
      '',
      '',
    ]);
    expect($('#more input[name$="[value]"]').map(value('value')).get().join('')).to.equal('');
    const keep = 'stored, leave empty to keep';
    expect($('#more input[name$="[value]"]').map(value('placeholder')).get().slice(0, 4)).to.deep.equal([
      keep,
      keep,
      keep,
      'Value',
    ]);
    await edit(id, { ...row(1, 'X-Tenant', 'other'), ...row(2, '', ''), ...row(3, 'X-New', 'new') });
    expect(await headersOf(id)).to.deep.equal({
      Authorization: 'Bearer one',
      'X-Tenant': 'other',
      'X-New': 'new',
    });
    expect(await get(id)).to.include({ concurrency: 3 });
    await edit(id, { concurrency: '', ...row(0, '', ''), ...row(1, '', ''), ...row(2, '', '') });
    expect(await get(id)).to.deep.include({ headers: [], concurrency: null });
    expect(isOpen(await admin.get(`/app/webhooks/${id}/edit`))).to.equal(false);
  });

  const refused: [what: string, fields: Fields, error: string, message: RegExp][] = [
    ['one of ours', row(0, 'X-Secret-Key', 'x'), '#header-0-error', /^Hookbell sets X-Secret-Key itself/],
    ['a name that is none', row(1, 'Not a name', 'x'), '#header-0-error', /^A name has only/],
    ['a value without a name', row(0, '', 'x'), '#headers-error', /needs a name/],
    ['a new name without a value', row(0, 'X-New', ''), '#header-0-error', /No value is stored/],
    ['one name twice', { ...row(0, 'X-A', 'a'), ...row(1, 'X-A', 'b') }, '#header-1-error', /there twice/],
    [
      'one name twice in disguise',
      { ...row(0, 'X-A', 'a'), ...row(1, 'x-a', 'b') },
      '#header-1-error',
      /twice/,
    ],
    ['a pace in words', { requestsPerSecond: 'ten' }, '#field-requestsPerSecond-error', /^A whole number/],
    ['too high a pace', { requestsPerSecond: '1001' }, '#field-requestsPerSecond-error', /^At most 1000/],
    ['half a request at once', { concurrency: '0.5' }, '#field-concurrency-error', /^A whole number/],
    ['too long a timeout', { timeoutSeconds: '61' }, '#field-timeoutSeconds-error', /^At most 60/],
  ];
  for (const [what, fields, error, message] of refused) {
    it(`opens and says at its field what is wrong with ${what}; what was typed stays`, async () => {
      const id = await made();
      for (const answer of [await create(fields), await edit(id, fields)]) {
        expect(answer.status).to.equal(422);
        expect(isOpen(answer)).to.equal(true);
        const { $ } = answer;
        expect($(error).text()).to.match(message);
        if (error !== '#headers-error')
          expect($(`[aria-describedby~="${error.slice(1)}"]`).attr('aria-invalid')).to.equal('true');
        const shown = $('#more input')
          .map((_index, input) => $(input).attr('value'))
          .get();
        expect(shown).to.include.members(Object.values(fields).filter(Boolean));
      }
    });
  }

  it('is told by the page of the webhook: names of headers, and values only where secrets are shown', async () => {
    const hook = `/app/webhooks/${await made({ type: 'conversation.started', inOrder: false, timeoutSeconds: 9 })}`;
    const plain = (await admin.get(hook)).$('.facts').text();
    expect(plain)
      .to.match(/Timeout\s*9 s/)
      .and.match(/Order\s*not kept/)
      .and.not.match(/Headers|Pace|At once/);
    const headers = { Authorization: 'Bearer <one>', 'X-Tenant': 'acme' };
    const page = `/app/webhooks/${await made({ headers, requestsPerSecond: 1, concurrency: 2 })}`;
    const told = await admin.get(page);
    expect(told.$('.facts').text())
      .to.match(/Headers\s*Authorization, X-Tenant/)
      .and.match(/Pace\s*at most 1 request a second\s*At once\s*at most 2 requests/)
      .and.not.match(/Order|Timeout/);
    expect(told.text).not.to.match(/Bearer|acme/);
    const shown = await admin.submit(page, {}, `${page}/secrets`);
    expect(shown.$('#revealed-headers').text()).to.equal('Authorization: Bearer <one>\nX-Tenant: acme\n');
  });

  it('saves when Enter is pressed in a field: the first button of the form has no other meaning', async () => {
    const { $ } = await admin.get(newPage());
    const first = $('main form [type=submit]').first();
    expect(['name', 'formaction', 'hx-post'].map((name) => first.attr(name))).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('switches the order of conversations off and on, for their events only', async () => {
    expect((await admin.get(newPage())).$('[name=inOrder]').length).to.equal(0);
    const page = await admin.get(newPage('conversation.claimed'));
    expect(page.$('#more summary').text()).to.equal('More: headers, pace, order');
    expect(page.$('[name=inOrder]').attr('checked')).to.equal('checked');
    const id = idOf(await create({}, 'conversation.claimed'));
    expect((await get(id)).inOrder).to.equal(true);
    await edit(id, { inOrder: undefined });
    expect((await get(id)).inOrder).to.equal(false);
    const off = await admin.get(`/app/webhooks/${id}/edit`);
    expect([isOpen(off), off.$('[name=inOrder]').attr('checked')]).to.deep.equal([true, undefined]);
    await edit(id, { inOrder: 'on' });
    expect((await get(id)).inOrder).to.equal(true);
    const sync = await made({ inOrder: false });
    await edit(sync, {});
    expect((await get(sync)).inOrder).to.equal(false);
  });
});
