import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportConfiguration, importConfiguration } from '../../src/configuration/commands.js';
import { eventually } from '../support/eventually.js';
import { admin } from '../support/outbox.js';
import { cli, temporaryFolder } from '../support/processes.js';
import { type Running, startHookbell } from '../support/server.js';
import { type Furnished, furnish } from './house.js';

describe('the configuration by the command line', () => {
  let running: Running;
  let house: Furnished;
  let folder: string;
  before(async () => {
    running = await startHookbell();
    house = await furnish(running);
    folder = temporaryFolder();
  });
  after(() => running.stop());

  const written = (name: string, content: string | object): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const config = () => running.hookbell.deps.config;
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => expect.fail('it was taken'),
      (error) => error.message,
    );

  it('is printed alone, and imported beside a running server, which syncs what is new', async () => {
    const { databaseUrl } = config();
    const env = {
      DATA_DIR: running.dataDir,
      OUTBOUND_ALLOW: '127.0.0.1',
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    };
    const exported = await cli(['config', 'export'], env);
    expect({ code: exported.code, stderr: exported.stderr }).to.deep.equal({ code: 0, stderr: '' });
    const file = JSON.parse(exported.stdout);
    expect(file.bots[0].name).to.equal('Help desk');
    file.bots[0].humanTakeover = true;
    const entries = [{ title: 'Hours', text: 'From nine to five' }];
    file.bots[0].dataSources.push({ name: 'Faq', type: 'text', config: { entries } });

    const { code, stdout, stderr } = await cli(['config', 'import', written('in.json', file)], env);

    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(
      /^changed bot “Help desk”\n {4}human takeover: no → yes\ncreated data source “Faq” of “Help desk”\n/,
    );
    expect(stdout).to.match(/\n1 created, 1 changed, 8 as they were\. Imported\.\n$/);
    const search = () => running.hookbell.search(house.botId, 'hours', 5);
    await eventually('the new source is found', async () => (await search()).length === 1);
    const audited = await running.hookbell.accounts.auditPage(20, null);
    expect(audited.filter(({ actor }) => actor === 'Command line').map(({ action }) => action)).to.deep.equal(
      ['configuration.imported', 'data-source.created', 'bot.changed', 'configuration.exported'],
    );
  });

  it('shows the difference in a dry run, and leaves everything as it is', async () => {
    const file = written('dry.json', {
      hookbell: 'configuration',
      version: 1,
      bots: [{ id: house.botId, name: 'Renamed' }],
    });

    const shown = await importConfiguration({ file, 'dry-run': true }, config());

    expect(shown.split('\n')).to.deep.equal([
      'changed bot “Renamed”',
      '    name: Help desk → Renamed',
      '0 created, 1 changed, 0 as they were. Nothing was changed: this was a dry run.',
    ]);
    expect((await running.hookbell.bots.seenBy(admin, house.botId)).name).to.equal('Help desk');
  });

  it('reads the passphrase from a file', async () => {
    const words = written('passphrase', 'correct horse battery\r\n');
    const sealed = written('sealed.json', await exportConfiguration({ 'passphrase-file': words }, config()));
    const short = written('short', 'too short\n');

    const opened = await importConfiguration({ file: sealed, 'passphrase-file': words }, config());

    expect(opened).to.match(/^0 created, 0 changed, 10 as they were\. Nothing to change\.$/);
    expect(await refusal(exportConfiguration({ 'passphrase-file': short }, config()))).to.match(
      /^The passphrase: At least/,
    );
    expect(await refusal(importConfiguration({ file: sealed }, config()))).to.match(
      /^passphrase: The file has secrets/,
    );
  });

  it('says what is wrong, a line each, with its path', async () => {
    const file = written('wrong.json', {
      hookbell: 'configuration',
      version: 1,
      bots: [{ name: 'A', colour: 'red', humanTakeover: 'yes' }],
    });

    const lines = (await refusal(importConfiguration({ file }, config()))).split('\n');

    expect(lines).to.have.members([
      'bots.0.colour: Unknown field',
      'bots.0.humanTakeover: Invalid input: expected boolean, received string',
    ]);
    expect(await refusal(importConfiguration({ file: '/no/such/file' }, config()))).to.equal(
      'Cannot read /no/such/file (ENOENT)',
    );
  });
});
