import { expect } from 'chai';
import { block, inside, paragraph, rich, words } from '../../support/notionObjects.js';
import { type NotionServer, notionServer, refusal, token } from '../../support/notionServer.js';
import { fetchFor, staticSite } from '../../support/staticSite.js';
import { complaints, type Read, read, reasonOf } from './reading.js';

describe('a Notion source', () => {
  let notion: NotionServer;

  beforeEach(async () => {
    notion = await notionServer();
  });

  afterEach(() => notion.close());

  const readNotion = (config: object, after?: Read) =>
    read(
      'notion',
      { token, baseUrl: notion.origin, ...config },
      { fetch: fetchFor([notion]), ...(after && { after }) },
    );
  const titles = ({ rows }: Read) => rows.map(({ title }) => title);
  const kindsOf = ({ items }: Read) => items.map((item) => item.kind);
  /** What a second sync of the same asks for. */
  const askedAgain = async (config: object, after: Read) => {
    notion.requests.length = 0;
    const second = await readNotion(config, after);
    return { second, asked: notion.asked() };
  };

  describe('reads pages', () => {
    it('and all that lies inside of them, each as a row', async () => {
      const deep = notion.page({ title: 'Deep' }, [paragraph('the walrus')]);
      const entry = notion.page({ title: 'Entry' });
      const { id: database } = notion.database([entry]);
      const child = notion.page({ title: 'Child' }, [
        words('toggle', 'More', [inside('child_page', deep), paragraph('below')]),
      ]);
      const top = notion.page({ title: 'Hand book' }, [
        paragraph('Welcome.'),
        inside('child_page', child),
        inside('child_database', database),
      ]);

      const { rows, expected, failed } = await readNotion({ pageIds: [top] });

      expect(rows.map(({ memo, ...row }) => row)).to.deep.equal([
        {
          key: top,
          title: 'Hand book',
          text: 'Welcome.',
          url: `https://www.notion.so/Hand-book-${plainId(top)}`,
        },
        {
          key: child,
          title: 'Child',
          text: 'More\n\nbelow',
          url: `https://www.notion.so/Child-${plainId(child)}`,
        },
        { key: entry, title: 'Entry', text: '', url: `https://www.notion.so/Entry-${plainId(entry)}` },
        { key: deep, title: 'Deep', text: 'the walrus', url: `https://www.notion.so/Deep-${plainId(deep)}` },
      ]);
      expect(expected).to.equal(4);
      expect(failed).to.deep.equal([]);
    });

    it('as text, whatever blocks they are made of', async () => {
      const original = words('paragraph', 'synced');
      const elsewhere = notion.page({ title: 'Elsewhere' }, [
        { ...block('synced_block', { synced_from: null }, [original]), id: 'the-original' },
      ]);
      const page = notion.page({ title: 'All' }, [
        words('heading_1', 'Shipping'),
        words('paragraph', 'We ship.\nOn Mondays.'),
        words('bulleted_list_item', 'by ship', [
          words('numbered_list_item', 'slowly'),
          words('numbered_list_item', 'safely', [paragraph('mostly')]),
        ]),
        words('bulleted_list_item', 'by air'),
        block('numbered_list_item', { rich_text: rich('third'), list_start_index: 3 }),
        words('numbered_list_item', 'fourth'),
        words('paragraph', ''),
        block('to_do', { rich_text: rich('pack'), checked: true }),
        block('to_do', { rich_text: rich('send'), checked: false }),
        block('divider'),
        words('quote', 'To be', [paragraph('or not')]),
        words('callout', 'Mind the gap'),
        block('code', { rich_text: rich('npm ci\nnpm start'), caption: rich('To start') }),
        block('table', { has_column_header: true }, [
          block('table_row', { cells: [rich('Where'), rich('Days')] }),
          block('table_row', { cells: [rich('Rome'), rich('3')] }),
        ]),
        block('column_list', {}, [
          block('column', {}, [paragraph('left')]),
          block('column', {}, [paragraph('right')]),
        ]),
        block('synced_block', { synced_from: { type: 'block_id', block_id: 'the-original' } }),
        block('synced_block', { synced_from: { type: 'block_id', block_id: 'not-shared' } }),
        block('bookmark', { url: 'https://a.test/', caption: rich('See') }),
        block('link_preview', { url: 'https://b.test/' }),
        block('equation', { expression: 'e=mc^2' }),
        block('image', {
          type: 'file',
          file: { url: 'https://s3.test/?signature=x' },
          caption: rich('A hat'),
        }),
        block('pdf', { type: 'file', file: { url: 'https://s3.test/?signature=y' }, name: 'terms.pdf' }),
        block('video', { type: 'external', external: { url: 'https://c.test/v' } }),
        block('link_to_page', { type: 'page_id', page_id: elsewhere }),
        block('unsupported', { block_type: 'form' }),
        words('of_the_future', 'New'),
      ]);

      const { rows } = await readNotion({ pageIds: [page] });

      expect(rows[0]?.text).to.equal(
        [
          'Shipping',
          'We ship.\nOn Mondays.',
          '- by ship\n  1. slowly\n  2. safely\n    mostly\n- by air\n3. third\n4. fourth\n[x] pack\n[ ] send',
          'To be',
          'or not',
          'Mind the gap',
          'npm ci\nnpm start\nTo start',
          'Where | Days\nRome | 3',
          'left',
          'right',
          'synced',
          'See https://a.test/',
          'https://b.test/',
          'e=mc^2',
          'A hat',
          'terms.pdf',
          'https://c.test/v',
          'New',
        ].join('\n\n'),
      );
    }).timeout(60_000);

    it('to the end of every list, however deep', async () => {
      notion.limits.page = 2;
      const items = ['a', 'b', 'c', 'd', 'e'].map((text) => words('bulleted_list_item', text));
      const page = notion.page({ title: 'Long' }, [
        words('toggle', 'one', items),
        paragraph('two'),
        paragraph('three'),
      ]);

      const { rows } = await readNotion({ pageIds: [page] });

      expect(rows[0]?.text).to.equal('one\n\n- a\n- b\n- c\n- d\n- e\n\ntwo\n\nthree');
    });

    it('and leaves out those without a word, and those in the trash with what lies inside', async () => {
      const kept = notion.page({ title: 'In vain' });
      const trash = notion.page({ title: 'Trash', in_trash: true }, [inside('child_page', kept)]);
      const empty = notion.page({});

      expect((await readNotion({ pageIds: [trash, empty] })).items).to.deep.equal([]);
    });
  });

  describe('reads databases', () => {
    it('with the properties of their entries', async () => {
      const when = { start: '2025-01-02', end: '2025-01-03' };
      const entry = notion.page(
        {
          title: 'Hat',
          properties: {
            Price: { type: 'number', number: 12.5 },
            About: { type: 'rich_text', rich_text: rich('Of wool') },
            Kind: { type: 'select', select: { name: 'Head' } },
            Tags: { type: 'multi_select', multi_select: [{ name: 'red' }, { name: 'warm' }] },
            State: { type: 'status', status: { name: 'Sold' } },
            Made: { type: 'date', date: when },
            Site: { type: 'url', url: 'https://hat.test/' },
            Mail: { type: 'email', email: 'a@hat.test' },
            Phone: { type: 'phone_number', phone_number: '123' },
            Washable: { type: 'checkbox', checkbox: false },
            Who: { type: 'people', people: [{ object: 'user', name: 'Ada' }, { object: 'user' }] },
            No: { type: 'unique_id', unique_id: { prefix: 'HAT', number: 7 } },
            Twice: { type: 'formula', formula: { type: 'number', number: 25 } },
            Is: { type: 'formula', formula: { type: 'boolean', boolean: true } },
            Sum: { type: 'rollup', rollup: { type: 'number', number: 3, function: 'sum' } },
            From: {
              type: 'rollup',
              rollup: {
                type: 'array',
                array: [
                  { type: 'title', title: rich('Rome') },
                  { type: 'date', date: when },
                ],
              },
            },
            File: {
              type: 'files',
              files: [{ name: 'hat.png', type: 'file', file: { url: 'https://s3.test/?x' } }],
            },
            Also: { type: 'relation', relation: [{ id: 'x' }] },
            Empty: { type: 'select', select: null },
            Push: { type: 'button', button: {} },
            New: { type: 'of_the_future', of_the_future: 1 },
          },
        },
        [paragraph('Warm.')],
      );
      const { id } = notion.database([entry]);

      const { rows } = await readNotion({ databaseIds: [id] });

      expect(rows[0]).to.include({ key: entry, title: 'Hat' });
      expect(rows[0]?.text.split('\n')).to.deep.equal([
        'About: Of wool',
        'File: hat.png',
        'From: Rome, 2025-01-02 – 2025-01-03',
        'Is: yes',
        'Kind: Head',
        'Made: 2025-01-02 – 2025-01-03',
        'Mail: a@hat.test',
        'No: HAT-7',
        'Phone: 123',
        'Price: 12.5',
        'Site: https://hat.test/',
        'State: Sold',
        'Sum: 3',
        'Tags: red, warm',
        'Twice: 25',
        'Washable: no',
        'Who: Ada',
        '',
        'Warm.',
      ]);
    });

    it('with several data sources, to the end of each', async () => {
      notion.limits.page = 2;
      const [a, b, c, d] = ['A', 'B', 'C', 'D'].map((title) => notion.page({ title }));
      const { id } = notion.database([a!, b!, c!], [d!]);

      const result = await readNotion({ databaseIds: [id] });

      expect(titles(result)).to.deep.equal(['A', 'B', 'C', 'D']);
      expect(notion.asked().filter((asked) => asked.includes('query'))).to.have.length(3);
    });

    it('of more entries than one query gives out', async () => {
      Object.assign(notion.limits, { page: 2, query: 3 });
      const entries = [1, 2, 3, 4, 5].map((day) =>
        notion.page({ title: `Day ${day}`, created: `2025-01-0${day}T00:00:00.000Z` }),
      );
      const { id } = notion.database(entries);

      expect(titles(await readNotion({ databaseIds: [id] }))).to.have.length(5);
    });

    it('by the id of a data source, and wikis with databases in them', async () => {
      const { sources } = notion.database([notion.page({ title: 'Inner' })]);
      const { sources: wiki } = notion.database([notion.page({ title: 'Outer' }), sources[0]!]);

      expect(titles(await readNotion({ databaseIds: [wiki[0]!] }))).to.deep.equal(['Outer', 'Inner']);
    });

    it('with all values of a property that holds more than a page shows', async () => {
      const people = Array.from({ length: 30 }, (_, n) => ({ object: 'user', name: `P${n}` }));
      const entry = notion.page({
        title: 'Team',
        properties: { Who: { type: 'people', people: people.slice(0, 25), all: people } },
      });
      const { id } = notion.database([entry]);

      expect((await readNotion({ databaseIds: [id] })).rows[0]?.text).to.match(/P24, P25, .* P29$/);
    });

    it('but not where a page only shows what lies elsewhere', async () => {
      const view = '00000000-0000-4000-8000-0000000000ff';
      notion.answerNext(
        /databases/,
        refusal(400, 'validation_error', `Database with ID ${view} does not contain any data sources`),
      );
      const page = notion.page({ title: 'Page' }, [inside('child_database', view)]);

      const result = await readNotion({ pageIds: [page] });

      expect([titles(result), result.failed]).to.deep.equal([['Page'], []]);
    });
  });

  it('reads all that is shared when nothing is named', async () => {
    const entry = notion.page({ title: 'Entry' });
    notion.database([entry]);
    notion.page({ title: 'Page' }, [paragraph('x')]);
    notion.hide(notion.page({ title: 'Private' }));
    notion.limits.page = 1;

    expect(titles(await readNotion({}))).to.have.members(['Entry', 'Page']);
    const other = await notionServer();
    expect(
      await reasonOf(read('notion', { token, baseUrl: other.origin }, { fetch: fetchFor([other]) })),
    ).to.match(/^nothing is shared with the integration/);
    await other.close();
  });

  describe('a second time', () => {
    it('asks for the lists alone where nothing was edited', async () => {
      notion.limits.page = 2;
      const child = notion.page({ title: 'Child' }, [paragraph('x')]);
      const top = notion.page({ title: 'Top' }, [words('toggle', 'y', [inside('child_page', child)])]);
      const entries = ['A', 'B', 'C'].map((title) => notion.page({ title }));
      const { id, sources } = notion.database(entries);
      const config = { pageIds: [top], databaseIds: [id] };
      const first = await readNotion(config);

      const { second, asked } = await askedAgain(config, first);

      expect(kindsOf(first)).to.deep.equal(['row', 'row', 'row', 'row', 'row']);
      expect(kindsOf(second)).to.deep.equal(['same', 'same', 'same', 'same', 'same']);
      const number = (id: string) => Number(id.slice(-12));
      const query = `POST data_sources/${number(sources[0]!)}/query`;
      expect(asked).to.deep.equal([
        `GET pages/${number(top)}`,
        `GET databases/${number(id)}`,
        query,
        query,
        `GET pages/${number(child)}`,
      ]);
    });

    it('reads what was edited, and what formulas make of it', async () => {
      const formula = (string: string) => ({ F: { type: 'formula', formula: { type: 'string', string } } });
      const edited = notion.page({ title: 'Edited' }, [paragraph('old')]);
      const computed = notion.page({ title: 'Computed', properties: formula('1') });
      const same = notion.page({ title: 'Same' });
      const { id } = notion.database([edited, computed, same]);
      const first = await readNotion({ databaseIds: [id] });

      notion.change(edited, { edited: '2025-03-02T00:00:00.000Z' }, [paragraph('new')]);
      notion.change(computed, { properties: formula('2') });
      const second = await readNotion({ databaseIds: [id] }, first);

      expect(second.rows.map(({ text }) => text)).to.deep.equal(['new', 'F: 2']);
      expect(kindsOf(second)).to.deep.equal(['row', 'row', 'same']);
    });

    it('reads again what was edited in the minute of the first, and what is synced from elsewhere', async () => {
      notion.page({ title: 'Elsewhere' }, [
        { ...block('synced_block', { synced_from: null }, [paragraph('x')]), id: 'the-original' },
      ]);
      const copy = notion.page({ title: 'Copy' }, [
        block('synced_block', { synced_from: { block_id: 'the-original' } }),
      ]);
      const fresh = notion.page({ title: 'Fresh', edited: new Date().toISOString() }, [paragraph('y')]);
      const first = await readNotion({ pageIds: [copy, fresh] });

      const { second } = await askedAgain({ pageIds: [copy, fresh] }, first);

      expect(titles(second)).to.deep.equal(['Copy', 'Fresh']);
    });

    it('misses what was archived or deleted', async () => {
      const archived = notion.page({ title: 'Archived' });
      const deleted = notion.page({ title: 'Deleted' });
      const top = notion.page({ title: 'Top' }, [
        inside('child_page', archived),
        inside('child_page', deleted),
      ]);
      const entry = notion.page({ title: 'Entry' });
      const { id } = notion.database([entry]);
      const config = { pageIds: [top], databaseIds: [id] };
      const first = await readNotion(config);

      for (const page of [archived, entry]) notion.change(page, { in_trash: true });
      notion.hide(deleted);
      const second = await readNotion(config, first);

      expect(first.keys).to.have.members([top, archived, deleted, entry]);
      expect(second.items).to.deep.equal([{ kind: 'same', key: top }]);
    });
  });

  describe('obeys the limits', () => {
    it('waits as long as Notion asks for, whatever was asked', async () => {
      const { id } = notion.database([notion.page({ title: 'Entry' }, [paragraph('x')])]);
      const busy = { ...refusal(429, 'rate_limited', 'Slow down'), headers: { 'Retry-After': '1' } };
      notion.answerNext(/POST .*query/, busy);
      notion.answerNext(/GET .*children/, { ...busy, body: '<html>' });

      const result = await readNotion({ databaseIds: [id] });

      expect(titles(result)).to.deep.equal(['Entry']);
      const waits = ['query', 'children'].map((path) => {
        const [first, second] = notion.requests.filter((asked) => asked.path.endsWith(path));
        return second!.at - first!.at;
      });
      for (const wait of waits) expect(wait).to.be.at.least(990);
    });

    it('gives up where it is asked to wait for longer than anyone would', async () => {
      const page = notion.page({ title: 'Page' });
      notion.answerNext(/./, { ...refusal(429, 'rate_limited', ''), headers: { 'Retry-After': '3600' } });

      expect(await reasonOf(readNotion({ pageIds: [page] }))).to.equal(
        'Notion asks to be left alone for 60 minutes: sync again after that',
      );
    });

    it('asks three times a second on average', async () => {
      const pages = Array.from({ length: 8 }, (_, n) =>
        notion.page({ title: `Page ${n}` }, [paragraph('x')]),
      );

      await readNotion({ pageIds: pages });

      expect(notion.requests).to.have.length(16);
      expect(notion.requests.at(-1)!.at - notion.requests[0]!.at).to.be.at.least(1900);
    });
  });

  describe('when something cannot be read', () => {
    it('keeps the page and what lies inside of it, and says why', async () => {
      const child = notion.page({ title: 'Child' });
      const gone = notion.page({ title: 'Gone' }, [inside('child_page', child)]);
      const fine = notion.page({ title: 'Fine' });
      const first = await readNotion({ pageIds: [gone, fine] });

      notion.hide(gone);
      const second = await readNotion({ pageIds: [gone, fine] }, first);

      expect(second.items).to.deep.equal([
        {
          kind: 'failed',
          key: gone,
          reason: `the page “Gone” is not shared with the integration: share it in Notion, in its menu under Connections`,
        },
        { kind: 'same', key: fine },
        { kind: 'same', key: child },
      ]);
    });

    it('tries again when the server fails, and goes on with the others', async () => {
      const [once, always, fine] = ['Once', 'Always', 'Fine'].map((title) => notion.page({ title }));
      notion.answerNext(/children/, refusal(502, 'x', ''));
      notion.answerNext(new RegExp(`pages/${always}`), refusal(500, 'internal_server_error', ''), 3);

      const result = await readNotion({ pageIds: [once, always, fine] });

      expect(titles(result)).to.deep.equal(['Once', 'Fine']);
      expect(result.failed).to.deep.equal([
        `${always}: the page ${always} could not be read: Notion answered 500`,
      ]);
    });

    it('reports a page in a form that nobody knows', async () => {
      const odd = notion.page({ title: 'Odd', properties: { Tags: { type: 'multi_select' } } });
      const fine = notion.page({ title: 'Fine' });

      const result = await readNotion({ pageIds: [odd, fine] });

      expect([titles(result), result.failed]).to.deep.equal([
        ['Fine'],
        [`${odd}: the page ${odd} is in a form that is not known`],
      ]);
    });

    const page = '00000000-0000-4000-8000-000000000001';
    const database = '00000000-0000-4000-8000-0000000000dd';
    const reasons: [
      what: string,
      config: object,
      answer: Parameters<NotionServer['answerNext']>[1] | null,
      RegExp,
    ][] = [
      ['a wrong token', { token: 'ntn_other' }, null, /^Notion does not know this token: copy it again/],
      [
        'no page that is shared',
        { pageIds: [database] },
        null,
        /^the page .*dd is not shared .*Connections$/,
      ],
      [
        'a database that is not shared',
        { databaseIds: [database] },
        null,
        /^the database .*dd is not shared/,
      ],
      [
        'an integration that may not read',
        {},
        refusal(403, 'restricted_resource', 'Insufficient permissions'),
        /^the integration may not read the page .*: allow it “Read content”/,
      ],
      [
        'what Notion refuses, without the token in it',
        {},
        refusal(400, 'validation_error', `${page} is a database, ${token}`),
        /^the page .* cannot be read: Notion says “.* is a database, ••••••”$/,
      ],
      ['a web page', {}, { status: 200, body: '<html>' }, /^127.0.0.1:\d+ does not answer as Notion does/],
      ['another API', {}, { status: 200, body: { id: 1 } }, /does not answer as Notion does/],
      ['no API', {}, { status: 404, body: 'Not Found' }, /does not answer as Notion does/],
    ];
    for (const [what, config, answer, reason] of reasons) {
      it(`fails on ${what}`, async () => {
        notion.page({ title: 'Page' });
        if (answer) notion.answerNext(/./, answer);

        expect(await reasonOf(readNotion({ pageIds: [page], ...config }))).to.match(reason);
      });
    }

    it('fails where a list leads back into itself, and where a database cannot be read to its end', async () => {
      notion.limits.page = 1;
      const { id } = notion.database(['A', 'B', 'C'].map((title) => notion.page({ title })));
      const round = { object: 'list', results: [], has_more: true, next_cursor: 'x' };
      notion.answerNext(/query/, { status: 200, body: round }, 2);

      expect(await reasonOf(readNotion({ databaseIds: [id] }))).to.match(/leads back into itself$/);

      notion.answerNext(/query/, { status: 200, body: round });
      notion.answerNext(/query/, refusal(504, 'gateway_timeout', ''), 3);
      expect(await reasonOf(readNotion({ databaseIds: [id] }))).to.match(
        /^the database .* could not be read: Notion answered 504$/,
      );
    });

    it('sends the token nowhere else, neither after a redirect nor past the guard', async () => {
      const page = notion.page({ title: 'Page' });
      const other = await staticSite();
      notion.answerNext(/./, { status: 307, headers: { Location: `${other.origin}/v1/pages` } });

      const fetch = fetchFor([notion, other]);
      const config = { token, baseUrl: notion.origin, pageIds: [page] };
      expect(await reasonOf(read('notion', config, { fetch }))).to.match(
        /redirects to another address, to which no token is sent$/,
      );
      expect(await reasonOf(read('notion', config, { fetch: fetchFor([other]) }))).to.match(
        /is a loopback address; OUTBOUND_ALLOW=127\.0\.0\.1:\d+ would allow it$/,
      );
      expect(other.requests).to.deep.equal([]);
      await other.close();
    });
  });

  it('speaks for itself, by the version of the API that it was made for', async () => {
    const page = notion.page({ title: 'Page' });

    await read(
      'notion',
      { token, baseUrl: `${notion.origin}/v1/`, pageIds: [page] },
      { fetch: fetchFor([notion]) },
    );

    expect(notion.requests[0]).to.include({
      path: `/v1/pages/${page}`,
      authorization: `Bearer ${token}`,
      version: '2025-09-03',
      agent: 'Hookbell/test (+http://localhost)',
    });
  });

  it('leaves the log to Hookbell, whatever goes wrong', async () => {
    const written: unknown[] = [];
    const { log, info, warn, error } = console;
    const note = (...given: unknown[]) => void written.push(given);
    Object.assign(console, { log: note, info: note, warn: note, error: note });

    const reading = readNotion({ token: 'ntn_other', pageIds: [notion.page({ title: 'Page' })] });
    await reasonOf(reading).finally(() => Object.assign(console, { log, info, warn, error }));

    expect(written).to.deep.equal([]);
  });

  describe('says what is wrong with a config', () => {
    const id = '0123456789abcdef0123456789abcdef';
    const dashed = '01234567-89ab-cdef-0123-456789abcdef';
    const view = 'fedcba9876543210fedcba9876543210';

    it('and takes addresses for ids', async () => {
      const page = notion.page({ title: 'Page' });
      const compact = plainId(page);
      for (const address of [
        compact.toUpperCase(),
        `https://www.notion.so/acme/Hand-book-${compact}`,
        `https://www.notion.so/${compact}?pvs=4#${view}`,
        `https://acme.notion.site/Cafe-${compact}/`,
        `https://www.notion.so/${view}?v=${id}&p=${compact}&pm=s`,
      ])
        expect((await readNotion({ pageIds: [` ${address} `] })).keys, address).to.deep.equal([page]);
      const { id: database } = notion.database([page]);
      const address = `https://www.notion.so/acme/${plainId(database)}?v=${view}&p=${id}`;
      expect((await readNotion({ databaseIds: [address] })).keys).to.deep.equal([page]);
    }).timeout(60_000);

    it('by its path', () => {
      expect(complaints('notion', { token: 't', pageIds: [dashed], databaseIds: [] })).to.deep.equal([]);
      expect(complaints('notion', {})).to.deep.equal(['token: Missing']);
      expect(complaints('notion', { token: 'a b' })[0]).to.match(/^token: must be the token/);
      expect(complaints('notion', { token: '••••••' })[0]).to.match(/^token: must be entered again/);
      expect(complaints('notion', { token: 't', pageIds: [id, 'x'] })).to.deep.equal([
        'pageIds.1: “x” is neither the id nor the address of a Notion page',
      ]);
      expect(complaints('notion', { token: 't', databaseIds: ['https://www.notion.so/'] })).to.have.length(1);
      expect(complaints('notion', { token: 't', baseUrl: 'ftp://x' })).to.have.length(1);
    });
  });
});

const plainId = (id: string) => id.replaceAll('-', '');
