import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import knex, { type Knex } from 'knex';
import { pino } from 'pino';
import { readConfig } from '../../src/config.js';
import { createHookbell } from '../../src/hookbell.js';
import { furnish, type House } from '../browser/furnished.js';
import { caller } from '../support/caller.js';
import { dropDatabaseOf } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { fillLog } from '../support/log.js';
import { password } from '../support/people.js';
import { dropDatabase, newDatabase, postgresOfTests } from '../support/postgres.js';
import { cli, program } from '../support/processes.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo, visitor } from '../support/visitor.js';

const onSqlite = { DATABASE_URL: '' };

describe('a copy to PostgreSQL', function () {
  this.timeout(120_000);
  let postgres: { url: string; stop: () => Promise<unknown> };
  let house: House;
  let dataDir: string;
  let from: string;
  let to: string;
  let target: Knex;

  before(async () => {
    postgres = await postgresOfTests();
    const running = await startHookbell({ env: onSqlite });
    house = await furnish(running, (name) => `${name} ü 漢字 \u{1F600}`);
    const { db } = running.hookbell.deps;
    const log = { webhookId: house.webhooks.healthy, botId: house.bot, status: 'delivered' as const };
    await fillLog(db, { ...log, count: 8_000, from: Date.now() - 8_000 });
    await db('audit_log').update({ details: '{"note":"\0"}' }).where({ id: 1 });
    await db('attempts').update({ dns_ms: 1234.5678 }).where({ id: 1 });
    dataDir = running.dataDir;
    from = `sqlite:${join(dataDir, 'hookbell.sqlite')}`;
    await running.stop({ keep: true });
  });
  after(async () => {
    await house.close();
    rmSync(dataDir, { recursive: true, force: true });
    await dropDatabaseOf(dataDir);
    await postgres.stop();
  });

  beforeEach(async () => {
    to = await newDatabase(postgres.url);
    target = knex({ client: 'pg', connection: to, pool: { min: 0, max: 2 } });
  });
  afterEach(async () => {
    await target.destroy();
    await dropDatabase(to);
  });

  const copy = (source = from) => cli(['copy', '--from', source, '--to', to], {});
  const started = (): Promise<Running> => startHookbell({ env: { DATABASE_URL: to }, dataDir });

  it('is a Hookbell like the one that was copied: people, knowledge, deliveries, secrets', async () => {
    const copied = await copy(dataDir);
    expect(copied, copied.stderr).to.include({ code: 0 });
    expect(copied.stdout).to.match(/^attempts +8\d\d\d {2}[0-9a-f]{64}$/m);
    expect(copied.stdout).to.include('are the same in both').and.include(`DATA_DIR=${dataDir}`);
    expect(copied.stdout + copied.stderr).not.to.include(`${new URL(to).password}@`);
    expect(copied.stderr).to.match(/^attempts: 8,\d\d\d of 8,\d\d\d$/m);

    const running = await started();
    try {
      expect(running.hookbell.deps.db.client.config.client).to.equal('pg');
      const browser = visitor(running.url);
      const signedIn = await browser.submit('/login', { email: house.admin.email, password });
      expect(leadsTo(signedIn)).to.equal('/app');
      const api = caller(running.url, house.admin.key);
      const found = await api.get(`/bots/${house.bot}/search?q=${encodeURIComponent('When are you open?')}`);
      expect(JSON.stringify(found.body)).to.include('Monday to Friday');
      const talk = (await api.get(`/conversations/${house.conversations[1]}`)).body;
      expect(talk).to.include({ state: 'Active' });
      expect(talk.messages[0].content).to.equal('Do you sell rakes?');
      const secret = (await api.get(`/webhooks/${house.webhooks.healthy}/secret`)).body;
      expect(secret.signingSecret).to.match(/^whsec_/);

      const before = (await api.get(`/deliveries/${house.deliveries.delivered}`)).body.attempts;
      expect((await api.post(`/deliveries/${house.deliveries.delivered}/redeliver`)).status).to.equal(202);
      await eventually('the delivery to arrive again', async () => {
        const { body } = await api.get(`/deliveries/${house.deliveries.delivered}`);
        return body.status === 'delivered' && body.attempts > before;
      });
      const last = Number((await target('events').max({ seq: 'seq' }).first())!.seq);
      await api.post(`/webhooks/${house.webhooks.healthy}/test`);
      await api.post(`/data-sources/${house.sources.text}/sync`);
      await eventually('a new event after all others', async () =>
        target('events').where('seq', '>', last).first(),
      );
    } finally {
      await running.stop({ keep: true });
    }

    const old = await startHookbell({ env: onSqlite, dataDir, background: false });
    expect(await old.hookbell.deps.db.schema.hasTable('copied'), 'the SQLite file is as it was').to.equal(
      false,
    );
    await old.stop({ keep: true });
  });

  it('that was killed goes on where it was, and nothing starts on it before', async () => {
    const first = program('node', ['dist/src/cli.js', 'copy', '--from', from, '--to', to]);
    await eventually('half of it to be there', async () => {
      const row = await target('copied')
        .where({ name: 'deliveries' })
        .first()
        .catch(() => null);
      return row && JSON.parse(row.state).rows > 1_000;
    });
    first.child.kill('SIGKILL');
    await first.finished;
    const count = async () => Number((await target('deliveries').count({ n: '*' }))[0]!.n);
    expect(await count()).to.be.within(1_000, 7_500);
    const config = readConfig({ DATABASE_URL: to, DATA_DIR: dataDir });
    const refused = await createHookbell(config, pino({ enabled: false }), Date.now).then(String, String);
    expect(refused).to.match(/did not come to its end/);

    const again = await copy();

    expect(again, again.stderr).to.include({ code: 0 });
    expect(again.stderr).to.include('bots: copied before');
    expect(again.stderr).to.match(/^deliveries: [1-9][\d,]* of 8,\d\d\d$/m);
    expect(await count()).to.be.within(8_000, 8_100);
    const { stdout } = await copy();
    expect(stdout).to.equal(again.stdout);
  });

  it('in which a row was changed is noticed, and the table named', async () => {
    expect((await copy()).code).to.equal(0);
    await target('messages')
      .where({ content: 'Do you sell rakes?' })
      .update({ content: 'Do you sell cakes?' });

    const { code, stdout, stderr } = await copy();

    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.match(/^messages: (\d+) rows [0-9a-f]{64} in SQLite, \1 rows [0-9a-f]{64} in Postgre/m);
    expect(stderr).not.to.match(/^bots: .* rows/m);
  });

  it('refuses what is not empty, and what is no database of ours', async () => {
    await target.schema.createTable('others', (table) => void table.text('id'));
    await target('others').insert({ id: 'precious' });
    const refused = await copy();
    expect(refused).to.include({ code: 1, stdout: '' });
    expect(refused.stderr).to.include('not empty: there are rows in its table others');
    expect(await target.schema.hasTable('bots')).to.equal(false);

    expect((await copy('sqlite:/nowhere/at/all.sqlite')).stderr).to.include('/nowhere/at/all.sqlite');
    const elsewhere = await cli(['copy', '--from', from, '--to', 'mysql://localhost/x'], {});
    expect(elsewhere).to.include({ code: 1 });
    expect(elsewhere.stderr).to.match(/--to: takes a URL such as postgres:/);
  });
});
