import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ada, entries, type Ground, ground } from '../syncs/ground.js';

describe('the purge', () => {
  let g: Ground;
  beforeEach(async () => {
    g = await ground();
  });
  afterEach(() => g.stop());

  const count = async (table: string) => Number((await g.db(table).count({ n: '*' }))[0]!.n);
  const left = async () => [
    await count('data_sources'),
    await count('rows'),
    await count('documents'),
    await count('syncs'),
  ];
  const uploaded = () => readdirSync(join(g.dataDir, 'uploads')).filter((name) => name !== 'incoming');

  async function filled(botId?: string) {
    const source = await g.source({ type: 'files', config: {} }, botId);
    const lines = Array.from({ length: 1_200 }, (_, n) => `${n},walrus ${n}`);
    await g.upload(source.id, {
      'a.csv': ['id,name', ...lines].join('\n'),
      'b.txt': 'Sentence. '.repeat(100_000),
    });
    await g.settled(source.id);
    return source;
  }

  it('removes all of a deleted source, in small transactions, and nothing of others', async () => {
    const source = await filled();
    const other = await g.source(entries({ A: 'a walrus' }));
    await g.settled(other.id);
    const documents = await count('documents');
    let deletions = 0;
    g.db.on('query', ({ sql }) => {
      if (/^delete from `(rows|documents)`/.test(sql)) deletions += 1;
    });

    await g.sources.remove(source.id, ada, g.clock());
    expect(await g.search(source.botId, 'walrus', 5)).to.deep.equal([]);
    for (let call = 0; call < 20; call++) await g.purge(g.clock());

    expect(await left()).to.deep.equal([1, 1, 1, 1]);
    expect(deletions).to.be.greaterThan(documents / 500);
    expect(uploaded()).to.deep.equal([]);
    expect(await g.search(other.botId, 'walrus', 5)).to.have.lengthOf(1);
    const index = await g.db.raw(
      "INSERT INTO documents_search (documents_search) VALUES ('integrity-check')",
    );
    expect(index).to.deep.equal([]);
  });

  it('removes the sources of a deleted bot, and stops their syncs', async () => {
    const source = await filled();
    await g.runner.stop();
    await g.sync(source.id);
    await g.bots.remove(source.botId, ada, g.clock());
    expect(await g.search(source.botId, 'walrus', 5)).to.deep.equal([]);

    for (let call = 0; call < 20; call++) await g.purge(g.clock());

    expect(await left()).to.deep.equal([0, 0, 0, 0]);
  });

  it('leaves the record of a source to the webhooks that refer to it', async () => {
    const source = await g.source(entries({ A: 'a' }));
    await g.settled(source.id);
    const hook = {
      id: 'h',
      bot_id: source.botId,
      source_id: source.id,
      type: 'sync.trigger',
      secret: '',
      enabled: true,
    };
    await g.db('webhooks').insert({ ...hook, created_at: 0, updated_at: 0 });
    await g.sources.remove(source.id, ada, g.clock());

    await g.purge(g.clock());
    expect(await left()).to.deep.equal([1, 0, 0, 0]);
    await g.db('webhooks').delete();
    await g.purge(g.clock());

    expect(await left()).to.deep.equal([0, 0, 0, 0]);
  });

  it('removes uploads that were given up, an hour later', async () => {
    const incoming = join(g.dataDir, 'uploads', 'incoming');
    mkdirSync(incoming, { recursive: true });
    for (const name of ['old', 'new']) writeFileSync(join(incoming, name), '');
    const now = g.clock() / 1000;
    utimesSync(join(incoming, 'old'), now - 3_601, now - 3_601);
    utimesSync(join(incoming, 'new'), now - 3_599, now - 3_599);

    await g.purge(g.clock());

    expect(readdirSync(incoming)).to.deep.equal(['new']);
  });
});
