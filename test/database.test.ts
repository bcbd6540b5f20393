import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Database, openDatabase } from '../src/database.js';
import { temporaryFolder } from './support/processes.js';

describe('the database', () => {
  let opened: Database[] = [];
  const open = (dataDir: string) => {
    const database = openDatabase({ dataDir, acquireTimeout: 10_000 });
    opened.push(database);
    return database;
  };
  afterEach(async () => {
    for (const database of opened) await database.close();
    opened = [];
  });

  // Three: each that waits holds one of the four threads that the one at work needs, too.
  it('is made once, however many open it at the same time', async () => {
    const folder = temporaryFolder();
    const all = Array.from({ length: 3 }, () => open(folder));
    await Promise.all(all.map((database) => database.migrate()));
    const applied = await all[0]!.db('migrations').pluck('name');
    expect(applied).to.have.length.greaterThan(5);
    expect(new Set(applied).size).to.equal(applied.length);
  });

  it('goes on where a process died in the middle of a migration', async () => {
    const folder = temporaryFolder();
    const first = open(folder);
    await first.migrate();
    const [last] = await first.db('migrations').orderBy('id', 'desc').limit(1);
    const { down } = await import(`../../migrations/${last.name}`);
    await down(first.db);
    await first.db('migrations').where({ id: last.id }).delete();
    await first.db('migrations_lock').update({ is_locked: 1 });

    await open(folder).migrate();

    expect(await first.db('migrations').pluck('name')).to.include(last.name);
  });

  it('says of a file that is none that it is none, and leaves it as it is', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'hookbell.sqlite');
    writeFileSync(file, 'no database'.repeat(1_000));
    const refused = await open(folder).migrate().then(String, String);
    expect(refused).to.match(
      /^Unusable: .*hookbell\.sqlite is no database, or damaged\. Nothing was changed/,
    );
    expect(readFileSync(file, 'utf8')).to.equal('no database'.repeat(1_000));
  });

  it('names the migration that fails, and one of a newer version, and changes nothing', async () => {
    const { db, migrate } = open(temporaryFolder());
    await db.schema.createTable('bots', (table) => void table.text('precious'));
    const failed = await migrate().then(String, String);
    expect(failed).to.match(/create_bots\.js failed: .*table `bots` already exists\. Nothing was changed/);
    expect(await db.schema.hasTable('users')).to.equal(false);
    await db.schema.dropTable('bots');
    await migrate();
    await db('migrations').insert({ name: '29991231_01_of_later.js', batch: 9 });
    const newer = await migrate().then(String, String);
    expect(newer).to.include('A newer version').and.include('29991231_01_of_later.js');
  });

  it('writes durably, beside readers, and gives space back', async () => {
    const { db, reader, migrate } = open(temporaryFolder());
    await migrate();
    const pragma = async (connection: typeof db, name: string) =>
      (await connection.raw(`PRAGMA ${name}`))[0][name];
    expect(await pragma(db, 'journal_mode')).to.equal('wal');
    expect(await pragma(db, 'synchronous')).to.equal(2);
    expect(await pragma(db, 'foreign_keys')).to.equal(1);
    expect(await pragma(db, 'auto_vacuum')).to.equal(2);
    expect(await pragma(reader, 'query_only')).to.equal(1);
  });

  it('lets two processes read and then write in transactions, without either being refused', async () => {
    const folder = temporaryFolder();
    const both = [open(folder), open(folder)];
    await both[0]!.migrate();
    await both[0]!.db('settings').insert({ name: 'count', value: '0' });
    const add = ({ db }: Database) =>
      db.transaction(async (tx) => {
        const { value } = await tx('settings').where({ name: 'count' }).first();
        await tx('settings')
          .where({ name: 'count' })
          .update({ value: String(Number(value) + 1) });
      });
    await Promise.all(
      both.map(async (database) => {
        for (let turn = 0; turn < 50; turn += 1) await add(database);
      }),
    );
    expect((await both[0]!.db('settings').where({ name: 'count' }).first()).value).to.equal('100');
  });
});
