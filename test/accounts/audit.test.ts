import { expect } from 'chai';
import { commandLine } from '../../src/accounts/actor.js';
import { auditLog } from '../../src/accounts/audit.js';
import { auditSentence } from '../../src/accounts/auditSentence.js';
import { type Person, password, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the audit log', () => {
  let running: Running;
  let admin: Person;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
  });
  after(() => running.stop());

  const page = '/app/settings/audit';
  const newest = async () => {
    const { $ } = await admin.get(page);
    return $('tbody tr')
      .map((_at, row) =>
        $(row)
          .find('td')
          .slice(1)
          .map((_n, cell) => $(cell).text())
          .get()
          .join(': '),
      )
      .get();
  };

  it('tells in sentences who changed what, newest first', async () => {
    await admin.submit('/app/settings/users/new', {
      name: 'Bob',
      email: 'bob@example.com',
      password,
      role: 'agent',
    });
    const bob = (await running.hookbell.accounts.findByEmail('bob@example.com'))!;
    const bobs = `/app/settings/users/${bob.id}`;
    await admin.submit(bobs, { role: 'admin' }, `${bobs}/role`);
    await admin.submit(bobs, { password: 'another password' }, `${bobs}/password`);
    await admin.submit(`${bobs}/remove`);
    await admin.submit('/app/bots/new', { name: 'Shop' });
    await admin.submit('/app/settings/api-keys', { name: 'CRM' }, '/app/settings/api-keys');

    const me = (await running.hookbell.accounts.find(admin.id))!;
    const who = `${me.name} (${me.email})`;
    expect((await newest()).slice(0, 6)).to.deep.equal([
      `${who}: created the API key “CRM” (user: ${me.email})`,
      `${who}: created the bot “Shop”`,
      `${who}: removed the user “bob@example.com”`,
      `${who}: changed the password of the user “bob@example.com”`,
      `${who}: changed the role of the user “bob@example.com” (role: admin)`,
      `${who}: created the user “bob@example.com” (role: agent)`,
    ]);
  });

  it('names the command line, and outlives the users it names', async () => {
    const { accounts, deps } = running.hookbell;
    const user = { name: 'Cli', email: 'cli@example.com', role: 'agent' as const, password };
    const { id } = await accounts.createUser(user, commandLine, deps.clock());
    await accounts.removeUser(id, commandLine, deps.clock());
    expect((await newest())[0]).to.equal('Command line: removed the user “cli@example.com”');
  });

  it('holds no secret', async () => {
    await admin.submit('/app/settings/password', { current: password, password: 'a changed password' });
    const rows = JSON.stringify(await running.hookbell.deps.db('audit_log'));
    expect(rows).not.to.include(password).and.not.include('a changed password').and.not.include('hb_');
  });

  it('goes back in pages, to the first entry', async () => {
    const log = auditLog(running.hookbell.deps.db);
    for (let number = 1; number <= 120; number += 1) {
      await log.record(commandLine, { action: 'bot.created', subject: `number ${number}` }, number);
    }
    const seen: string[] = [];
    let next: string | undefined = page;
    while (next) {
      const { $ } = await admin.get(next);
      seen.push(
        ...$('tbody tr td:last-child')
          .map((_at, cell) => $(cell).text())
          .get(),
      );
      next = $('main a')
        .filter((_at, link) => $(link).text() === 'Older')
        .attr('href');
    }
    const total = Number((await running.hookbell.deps.db('audit_log').count({ n: '*' }))[0]?.n);
    expect(seen).to.have.length(total);
    expect(seen[0]).to.equal('created the bot “number 120”');
    expect(new Set(seen.slice(0, 120)).size).to.equal(120);
  });

  it('refuses a place that is none', async () => {
    for (const before of ['x', '-1', '1.5', '']) {
      expect((await admin.get(`${page}?before=${before}`)).status, before).to.equal(422);
    }
    expect((await admin.get(`${page}?before=1`)).$('main').text()).to.include('Nothing older than this');
  });

  const sentences: [string, object, string][] = [
    ['bot.created', {}, 'created the bot “X”'],
    [
      'data-source.changed',
      { fields: ['name', 'storageTokenLimit'] },
      'changed the data source “X” (fields: name, storage token limit)',
    ],
    [
      'webhook.signing-secret-rotated',
      { overlapHours: 24 },
      'rotated the signing secret of the webhook “X” (overlap hours: 24)',
    ],
    ['bot.agents-set', { agents: 2, none: null }, 'set the agents of the bot “X” (agents: 2)'],
    ['api-key.revoked', {}, 'revoked the API key “X”'],
  ];
  for (const [action, details, sentence] of sentences) {
    it(`reads “${sentence}”`, () => {
      expect(auditSentence({ action, subject: 'X', details })).to.equal(sentence);
    });
  }
});
