import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Conflict, Invalid, NotFound } from '../../src/errors.js';
import { ada, entries, type Ground, ground } from '../syncs/ground.js';

describe('uploaded files', () => {
  let g: Ground;
  before(async () => {
    g = await ground();
  });
  after(() => g.stop());

  const uploads = (...path: string[]) => readdir(join(g.dataDir, 'uploads', ...path)).catch(() => []);
  const refused = async (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error) => error,
    );
  const names = async (sourceId: string) => (await g.files.listOf(ada, sourceId)).map(({ name }) => name);

  it('are read with the next sync, a row a file', async () => {
    const source = await g.source({ type: 'files', config: {} });

    const { files, sync } = await g.upload(source.id, {
      'b.md': '# Bees\n\nBees hum.',
      'a.txt': 'Ants work.',
    });

    expect(files.map(({ name, bytes }) => [name, bytes])).to.deep.equal([
      ['b.md', 17],
      ['a.txt', 10],
    ]);
    expect(sync).to.include({ status: 'queued', trigger: 'manual' });
    expect((await g.settled(source.id)).results?.totalDataSourceRows).to.equal(2);
    expect(await names(source.id)).to.deep.equal(['a.txt', 'b.md']);
    expect((await g.search(source.botId, 'humming', 5))[0]?.text).to.include('Bees hum');
  });

  it('replace those of the same name', async () => {
    const source = await g.source({ type: 'files', config: {} });
    await g.upload(source.id, { 'a.txt': 'old', 'b.txt': 'other' });
    await g.settled(source.id);

    await g.upload(source.id, { 'a.txt': 'new' });

    const { results } = await g.settled(source.id);
    expect(results).to.include({ modifiedRows: 1, unmodifiedRows: 1 });
    expect(await names(source.id)).to.deep.equal(['a.txt', 'b.txt']);
    expect(await uploads(source.id)).to.have.lengthOf(2);
  });

  it('lie under ids of ours, whatever they are called', async () => {
    const source = await g.source({ type: 'files', config: {} });
    const hostile = [
      '../../etc/passwd.txt',
      '..\\..\\boot.txt',
      'a\0b\n.txt',
      `${'x'.repeat(400)}.txt`,
      '/abs.txt',
      '☃.TXT',
    ];

    for (const name of hostile) await g.upload(source.id, { [name]: name });

    const lying = await uploads(source.id);
    expect(await names(source.id)).to.include.members([
      'passwd.txt',
      'boot.txt',
      'ab.txt',
      'abs.txt',
      '☃.TXT',
    ]);
    expect(lying).to.have.lengthOf(6);
    for (const name of lying) expect(name).to.match(/^[0-9a-f-]{36}$/);
    expect(await uploads()).to.have.members([
      'incoming',
      ...(await uploads()).filter((name) => name !== 'incoming'),
    ]);
    expect(
      (await readFile(join(g.dataDir, 'uploads', source.id, lying[0]!), 'utf8')).length,
    ).to.be.greaterThan(0);
    await g.settled(source.id);
  });

  it('are refused by other types, in kinds nobody can read, and to sources that are not there; nothing stays', async () => {
    const text = await g.source(entries({ A: 'a' }));
    const files = await g.source({ type: 'files', config: {} });
    const csv = await g.source({ type: 'csv', config: {} });

    expect(await refused(g.upload(text.id, { 'a.txt': 'a' }))).to.be.instanceOf(Conflict);
    expect(await refused(g.upload('nothing', { 'a.txt': 'a' }))).to.be.instanceOf(NotFound);
    const error = await refused(g.upload(files.id, { 'a.txt': 'a', 'b.exe': 'b', c: 'c' }));
    expect(error).to.be.instanceOf(Invalid);
    expect(
      error.errors.map(
        ({ path, message }: { path: string; message: string }) => `${path} ${message.slice(0, 7)}`,
      ),
    ).to.deep.equal(['file “b.exe”', 'file “c” can']);
    expect(await refused(g.upload(csv.id, { 'a.md': 'a' }))).to.be.instanceOf(Invalid);
    expect(await refused(g.upload(csv.id, {}))).to.be.instanceOf(Invalid);
    expect(await names(files.id)).to.deep.equal([]);
    expect(await uploads('incoming')).to.deep.equal([]);
    expect(await uploads(files.id)).to.deep.equal([]);
    await g.settled(text.id);
  });

  it('take their rows with them when they are removed, however many, the last one too', async () => {
    const source = await g.source({ type: 'files', config: {} });
    const csv = ['id,name', ...Array.from({ length: 50 }, (_, n) => `${n},name ${n}`)].join('\n');
    await g.upload(source.id, { 'a.csv': csv, 'b.txt': 'stays' });
    await g.settled(source.id);
    const [first, second] = await g.files.listOf(ada, source.id);

    await g.files.remove(source.id, first!.id, ada, g.clock());
    expect((await g.settled(source.id)).results).to.include({ unmodifiedRows: 1, totalDataSourceRows: 1 });
    await g.files.remove(source.id, second!.id, ada, g.clock());

    expect((await g.settled(source.id)).results).to.include({ totalDataSourceRows: 0, totalTokens: 0 });
    expect(await g.stored(source.id)).to.include({ rows: 0, versions: 0 });
    expect(await uploads(source.id)).to.deep.equal([]);
    expect(await refused(g.files.remove(source.id, first!.id, ada, g.clock()))).to.be.instanceOf(NotFound);
  });

  it('leave a source that never had any with a reason', async () => {
    const source = await g.source({ type: 'files', config: {} });

    await g.sync(source.id, true);

    expect((await g.settled(source.id)).reason).to.equal('No file has been uploaded');
  });
});
