import { expect } from 'chai';
import { Conflict, Forbidden, Invalid, NotFound } from '../../src/errors.js';
import { newSource } from '../../src/sources/schema.js';
import { mask } from '../../src/sources/secrets.js';
import { staticSite } from '../support/staticSite.js';
import { ada, entries, type Ground, ground } from '../syncs/ground.js';

const fieldsOf = (input: object) =>
  (newSource.safeParse(input).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

describe('a data source', () => {
  let g: Ground;
  beforeEach(async () => {
    g = await ground({ runs: false });
  });
  afterEach(() => g.stop());

  const refused = async (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error) => error,
    );
  const queued = async (sourceId: string) =>
    (await g.db('syncs').where({ source_id: sourceId, status: 'queued' })).length;

  it('is refused with what is wrong with it, field by field', () => {
    expect(fieldsOf({ name: 'A', type: 'carrier pigeon', config: {} })).to.deep.equal([
      'type: Takes one of website, feed, json, csv, files, text, notion',
    ]);
    expect(
      fieldsOf({ name: '', type: 'feed', config: { url: 'ftp://x', more: 1 }, schedule: 'yearly' }),
    ).to.have.members([
      'name: Missing',
      'schedule: Takes hourly, daily, weekly or a cron line of five fields such as 30 4 * * 1-5',
      'config.url: must be an http:// or https:// address',
      'config: Unrecognized key: "more"',
    ]);
    expect(fieldsOf({ name: 'A', type: 'json' })[0]).to.match(/^config: /);
    expect(fieldsOf({ name: 'A', type: 'files' })).to.deep.equal([]);
  });

  it('is synced at once when it is made', async () => {
    const source = await g.source(entries({ A: 'a' }));

    expect(source).to.include({ status: 'queued', enabled: true, schedule: null, rows: 0 });
    expect(source.lastSync).to.include({ status: 'queued', trigger: 'manual' });
  });

  it('is not synced while it is disabled, or waits for files', async () => {
    const disabled = await g.source({ ...entries({ A: 'a' }), enabled: false });
    const waiting = [
      await g.source({ type: 'csv', config: {} }),
      await g.source({ type: 'files', config: {} }),
    ];

    for (const source of [disabled, ...waiting]) expect(source).to.include({ status: 'new', lastSync: null });
    expect(await refused(g.sync(disabled.id))).to.be.instanceOf(Conflict);
  });

  it('is refused where its address may not be reached, with the rule and the setting', async () => {
    const input = { type: 'feed', config: { url: 'http://10.1.2.3/feed' } };

    const error = await refused(g.source(input));

    expect(error).to.be.instanceOf(Invalid);
    expect(error.errors).to.have.lengthOf(1);
    expect(error.errors[0].path).to.equal('config.url');
    expect(error.errors[0].message).to.match(/10\.1\.2\.3.*OUTBOUND_ALLOW=10\.1\.2\.3:80 would allow it$/);
  });

  it('is synced again when its config changes, and only then', async () => {
    const source = await g.source(entries({ A: 'a' }));
    await g.db('syncs').delete();

    await g.change(source.id, { name: 'Renamed', schedule: 'daily' });
    await g.change(source.id, entries({ A: 'a' }));
    expect(await queued(source.id)).to.equal(0);

    const changed = await g.change(source.id, entries({ A: 'b' }));
    expect(changed).to.include({ name: 'Renamed', schedule: 'daily', status: 'queued' });
    expect(await queued(source.id)).to.equal(1);
  });

  it('keeps its type, and is refused a config that its type does not take', async () => {
    const source = await g.source(entries({ A: 'a' }));

    const type = await refused(g.change(source.id, { type: 'csv' }));
    const config = await refused(g.change(source.id, { config: { entries: [], extra: 1 } }));

    expect(type.errors).to.deep.equal([
      { path: 'type', message: 'Cannot be changed: make a new data source of type csv' },
    ]);
    expect(config.errors).to.deep.include({ path: 'config.extra', message: 'Unknown field' });
    expect(config.errors.map(({ path }: { path: string }) => path)).to.include('config.entries');
    expect((await g.change(source.id, { type: 'text' })).type).to.equal('text');
  });

  it('is stored sealed, and shows the values of its headers to nobody', async () => {
    const site = await staticSite({ '/a.json': '[]' });
    const config = {
      url: `${site.origin}/a.json`,
      headers: { Authorization: 'Bearer top-secret', Accept: 'x/y' },
    };
    const source = await g.source({ type: 'json', config });

    const [row] = await g.db('data_sources').where({ id: source.id });
    expect(row.config).not.to.match(/top-secret|Authorization|http/);
    expect(source.config).to.deep.equal({ ...config, headers: { Authorization: mask, Accept: mask } });

    const sentBack = { ...source.config, headers: { Authorization: mask, 'X-New': 'new' } };
    const after = await g.change(source.id, { config: sentBack });
    expect(after.config.headers).to.deep.equal({ Authorization: mask, 'X-New': mask });
    expect((await g.sources.toRead(source.id))?.config.headers).to.deep.equal({
      Authorization: 'Bearer top-secret',
      'X-New': 'new',
    });
    expect(g.logged() + JSON.stringify(await g.db('audit_log'))).not.to.include('top-secret');
    await site.close();
  });

  it('is seen by admins and by the agents of its bot, and changed by whoever the API lets', async () => {
    const source = await g.source(entries({ A: 'a' }));
    const eve = { id: 'eve', name: 'Eve', email: 'eve@example.com', role: 'agent' as const };
    await g.db('users').insert({ ...eve, password_hash: '', created_at: 0 });

    expect(await refused(g.sources.seenBy(eve, source.id))).to.be.instanceOf(Forbidden);
    await g.bots.setAgents(source.botId, ['eve'], ada, g.clock());

    expect((await g.sources.seenBy(eve, source.id)).id).to.equal(source.id);
    expect(await refused(g.sources.seenBy(ada, 'nothing'))).to.be.instanceOf(NotFound);
  });

  it('leaves a line in the audit log for each change', async () => {
    const source = await g.source(entries({ A: 'a' }));
    await g.change(source.id, { name: 'B', ...entries({ A: 'b' }) });
    await g.sources.remove(source.id, ada, g.clock());

    const lines = (await g.db('audit_log').orderBy('id')).map(({ action, details }) => [
      action,
      JSON.parse(details),
    ]);
    expect(lines.slice(1)).to.deep.equal([
      ['data-source.created', { type: 'text', bot: 'Help desk' }],
      ['data-source.changed', { fields: ['name', 'config'] }],
      ['data-source.deleted', {}],
    ]);
  });

  it('is listed newest first, page by page', async () => {
    const { id } = await g.bot();
    for (const name of ['one', 'two', 'three']) await g.source({ ...entries({ A: 'a' }), name }, id);

    const first = await g.sources.listOf(id, { limit: 2, after: null });
    const rest = await g.sources.listOf(id, { limit: 2, after: [first[1]!.id] });

    expect(first.map(({ name }) => name)).to.deep.equal(['three', 'two', 'one']);
    expect(rest.map(({ name }) => name)).to.deep.equal(['one']);
    expect(await g.sources.namesOf(id)).to.have.lengthOf(3);
  });
});
