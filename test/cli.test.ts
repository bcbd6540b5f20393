import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import knex, { type Knex } from 'knex';
import { nearest } from '../src/nearest.js';
import { caller } from './support/caller.js';
import { cli, program, temporaryFolder } from './support/processes.js';
import { type Running, startHookbell } from './support/server.js';
import { leadsTo, visitor } from './support/visitor.js';

const ada = [
  '--email',
  'Ada@example.com',
  '--name',
  'Ada',
  '--role',
  'admin',
  '--password',
  'a long password',
];

describe('the command line', () => {
  describe('beside a running server', () => {
    let running: Running;
    let env: Record<string, string>;
    before(async () => {
      running = await startHookbell();
      env = { DATA_DIR: running.dataDir };
    });
    after(() => running.stop());

    it('makes a user who can sign in at once, and prints the id alone', async () => {
      const { code, stdout, stderr } = await cli(['user', 'create', ...ada], env);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const user = await running.hookbell.accounts.findByEmail('ada@example.com');
      expect(stdout).to.equal(`${user!.id}\n`);
      const input = { email: 'ada@example.com', password: 'a long password' };
      expect(leadsTo(await visitor(running.url).submit('/login', input))).to.equal('/app');
    });

    it('makes an API key that works at once, and prints the key alone', async () => {
      const { code, stdout } = await cli(
        ['api-key', 'create', '--email', 'ADA@example.com', '--name', 'CI'],
        env,
      );
      expect(code).to.equal(0);
      expect(stdout).to.match(/^hb_[\w-]{40}\n$/);
      const made = await caller(running.url, stdout.trim()).post('/bots', { name: 'By key' });
      expect(made.status).to.equal(201);
      const user = await running.hookbell.accounts.findByEmail('ada@example.com');
      expect((await running.hookbell.accounts.keysOf(user!.id)).map((key) => key.name)).to.deep.equal(['CI']);
    });

    it('prints nothing else through npm', async () => {
      const args = ['run', '--silent', 'hookbell', '--', 'api-key', 'create', '--email', 'ada@example.com'];
      const { code, stdout } = await program('npm', args, env).finished;
      expect(code).to.equal(0);
      expect(stdout).to.match(/^hb_[\w-]{40}\n$/);
    });

    it('writes to the audit log', async () => {
      const entries = await running.hookbell.accounts.auditPage(20, null);
      const actions = entries.filter(({ actor }) => actor === 'Command line').map(({ action }) => action);
      expect(actions).to.include.members(['user.created', 'api-key.created']);
    });

    it('waits for its turn while the server writes without a pause', async () => {
      const { db } = running.hookbell.deps;
      let isOver = false;
      let writes = 0;
      const writing = (async () => {
        while (!isOver) {
          await db.transaction(async (tx) => {
            await tx('settings').where({ name: 'busy' }).first();
            await tx('settings')
              .insert({ name: 'busy', value: String(writes) })
              .onConflict('name')
              .merge();
          });
          writes += 1;
        }
      })();
      const made = await Promise.all(
        Array.from({ length: 6 }, () => cli(['api-key', 'create', '--email', 'ada@example.com'], env)),
      );
      isOver = true;
      await writing;
      expect(made.map(({ code, stderr }) => ({ code, stderr }))).to.deep.equal(
        made.map(() => ({ code: 0, stderr: '' })),
      );
      expect(writes).to.be.greaterThan(10);
    });

    describe('backup', () => {
      let copy: string;
      before(() => {
        copy = join(temporaryFolder(), 'backup.sqlite');
      });

      it('writes a consistent copy that only its owner may read, while the server writes', async () => {
        const { db } = running.hookbell.deps;
        await db.schema.createTable('pairs', (table) => {
          table.integer('one');
          table.integer('other');
        });
        let isOver = false;
        const writing = (async () => {
          for (let number = 1; !isOver; number += 1) {
            await db.transaction(async (tx) => {
              await tx('pairs').insert({ one: number });
              await tx('pairs').where({ one: number }).update({ other: number });
            });
          }
        })();
        const { code, stdout, stderr } = await cli(['backup', copy], env);
        isOver = true;
        await writing;

        expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: '', stderr: '' });
        expect(statSync(copy).mode & 0o777).to.equal(0o600);
        const restored = open(copy);
        try {
          expect(await restored.raw('PRAGMA integrity_check')).to.deep.equal([{ integrity_check: 'ok' }]);
          expect(await restored('pairs').whereNull('other')).to.deep.equal([]);
          expect(await restored('users').where({ email: 'ada@example.com' })).to.have.length(1);
        } finally {
          await restored.destroy();
        }
      });

      it('can be started from', async () => {
        const folder = temporaryFolder();
        writeFileSync(join(folder, 'hookbell.sqlite'), readFileSync(copy));
        writeFileSync(join(folder, 'secret.key'), readFileSync(join(running.dataDir, 'secret.key')));
        const restored = await startHookbell({ dataDir: folder, background: false });
        try {
          const input = { email: 'ada@example.com', password: 'a long password' };
          expect(leadsTo(await visitor(restored.url).submit('/login', input))).to.equal('/app');
        } finally {
          await restored.stop();
        }
      });

      it('never overwrites a file', async () => {
        const before = readFileSync(copy);
        const { code, stdout, stderr } = await cli(['backup', copy], env);
        expect({ code, stdout, stderr }).to.deep.equal({
          code: 1,
          stdout: '',
          stderr: `${copy} exists already\n`,
        });
        expect(readFileSync(copy).equals(before)).to.equal(true);
      });

      it('says when it cannot write there, or has nothing to copy', async () => {
        const empty = temporaryFolder();
        const [nowhere, nothing] = await Promise.all([
          cli(['backup', '/no/such/folder/copy'], env),
          cli(['backup', join(empty, 'copy')], { DATA_DIR: join(empty, 'none') }),
        ]);
        expect(nowhere).to.include({ code: 1, stderr: 'Cannot write /no/such/folder/copy (ENOENT)\n' });
        expect(nothing).to.include({ code: 1, stderr: `There is no database in ${join(empty, 'none')}\n` });
        expect(existsSync(join(empty, 'copy'))).to.equal(false);
      });
    });

    const refused: [string[], RegExp][] = [
      [[], /^Usage: /],
      [['usr', 'create'], /^There is no command “usr create”: did you mean user create\?\n$/],
      [['backp', 'x'], /^There is no command “backp x”: did you mean backup\?\n$/],
      [
        ['xyz'],
        /^There is no command “xyz”: there are user create, api-key create, config export, config import, backup, copy, help\n$/,
      ],
      [['user'], /^There is no command “user”: did you mean user create\?\n$/],
      [['user', 'create', '--emial', 'x'], /^There is no option “--emial”: did you mean --email\?\n$/],
      [['user', 'create', '--role'], /^--role needs a value; write --role=VALUE/],
      [['user', 'create', '--email', 'x@example.com'], /^user create needs --name, --role, --password\n$/],
      [['user', 'create', ...ada], /^email: There is a user with this e-mail address already\n$/],
      [['user', 'create', ...swap('--role', 'boss')], /^--role: Must be admin or agent\n$/],
      [['user', 'create', ...swap('--email', 'ada')], /^--email: Not an e-mail address\n$/],
      [['user', 'create', ...swap('--password', 'short')], /^--password: At least 8 characters\n$/],
      [['user', 'create', ...ada, 'extra'], /^“extra” is one word too many for user create\n$/],
      [['api-key', 'create'], /^api-key create needs --email\n$/],
      [['api-key', 'create', '--email', 'no@example.com'], /^User no@example\.com not found\n$/],
      [['backup'], /^backup needs a FILE\n$/],
      [['backup', 'a', 'b'], /^“b” is one word too many for backup\n$/],
      [['backup', '--force', 'a'], /^There is no option “--force”: it takes none\n$/],
    ];
    it('refuses in a sentence, with exit code 1, whatever is wrong with the command', async () => {
      const answers = await Promise.all(refused.map(([args]) => cli(args, env)));
      for (const [at, { code, stdout, stderr }] of answers.entries()) {
        const [args, sentence] = refused[at]!;
        expect({ code, stdout }, args.join(' ')).to.deep.equal({ code: 1, stdout: '' });
        expect(stderr, args.join(' ')).to.match(sentence);
      }
    });
  });

  describe('without a server', () => {
    it('makes the database where there is none, for several at once', async () => {
      const env = { DATA_DIR: join(temporaryFolder(), 'new') };
      const user = (number: number) => ['user', 'create', ...swap('--email', `user${number}@example.com`)];
      const made = await Promise.all([1, 2, 3].map((number) => cli(user(number), env)));
      expect(made.map(({ code, stderr }) => ({ code, stderr }))).to.deep.equal(
        made.map(() => ({ code: 0, stderr: '' })),
      );
      expect(statSync(join(env.DATA_DIR, 'secret.key')).mode & 0o777).to.equal(0o600);
      const database = open(join(env.DATA_DIR, 'hookbell.sqlite'));
      expect(await database('users')).to.have.length(3);
      await database.destroy();
    });

    it('prints the commands for “help”, “--help” and “user create -h”', async () => {
      const asked = [['help'], ['--help'], ['user', 'create', '-h']];
      const answers = await Promise.all(asked.map((args) => cli(args, { DATA_DIR: '/no/such/folder' })));
      for (const [at, { code, stdout, stderr }] of answers.entries()) {
        const args = asked[at]!.join(' ');
        expect({ code, stderr }, args).to.deep.equal({ code: 0, stderr: '' });
        for (const command of ['user create', 'api-key create', 'backup FILE', 'help'])
          expect(stdout, args).to.include(`  ${command}`);
      }
    });

    it('names a variable that is wrong', async () => {
      const { code, stdout, stderr } = await cli(['api-key', 'create', '--email', 'x'], { PORT: 'abc' });
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr).to.equal('PORT: got "abc"; takes a whole number from 0 to 65535\n');
    });
  });
});

describe('the nearest word', () => {
  it('is the one that begins alike, and none where none does', () => {
    expect(nearest('--pasword', ['--email', '--password'])).to.equal('--password');
    expect(nearest('zzz', ['email', 'password'])).to.equal(null);
    expect(nearest('email', [])).to.equal(null);
  });
});

function swap(option: string, value: string): string[] {
  return ada.map((word, at) => (ada[at - 1] === option ? value : word));
}

function open(filename: string): Knex {
  return knex({ client: 'sqlite3', connection: { filename }, useNullAsDefault: true });
}
