import { expect } from 'chai';
import { admin } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import type { Page } from '../support/visitor.js';
import { leadsTo } from '../support/visitor.js';
import { type Furnished, furnish, reading } from './house.js';

const page = '/app/settings/configuration';

describe('the configuration on its page', () => {
  let running: Running;
  let ada: Person;
  let house: Furnished;
  before(async () => {
    running = await startHookbell({ background: false });
    ada = await person(running);
    house = await furnish(running);
  });
  after(() => running.stop());

  const send = async (path: string, fields: Record<string, string>, file?: string): Promise<Page> => {
    const request = ada.agent.post(`${path}?_csrf=${await ada.token()}`);
    for (const [name, value] of Object.entries(fields)) request.field(name, value);
    if (file !== undefined) request.attach('file', Buffer.from(file), 'configuration.json');
    return reading(await request);
  };
  const exported = async (passphrase = '') =>
    await ada.post(`${page}/export`, { passphrase, _csrf: await ada.token() });
  const rows = ({ $ }: Page) =>
    $('#difference tbody tr')
      .map((_at, row) => $(row).text().replace(/\s+/g, ' ').trim())
      .get();

  it('is downloaded without secrets', async () => {
    const { status, headers, text } = await exported();

    expect(status).to.equal(200);
    expect(headers['content-disposition']).to.match(
      /^attachment; filename="?hookbell-configuration-[\d-]{10}\.json"?$/,
    );
    expect(headers['cache-control']).to.equal('no-store');
    for (const secret of house.secrets) expect(text).not.to.include(secret);
    expect(JSON.parse(text).secrets).to.equal(null);
  });

  it('asks for a passphrase that is worth it', async () => {
    const { status, $ } = await exported('short');

    expect(status).to.equal(422);
    expect($('#export .invalid-feedback').text()).to.include('At least 12 characters');
  });

  it('is shown field by field before it is imported, and then imported', async () => {
    const file = JSON.parse((await exported()).text);
    file.bots[0].welcomeMessage = '<b>Hello</b>';
    file.bots[0].dataSources[0].schedule = 'daily';
    file.bots.push({ name: 'Another' });

    const shown = await send(`${page}/difference`, {}, JSON.stringify(file));

    expect(shown.status).to.equal(200);
    const found = rows(shown);
    expect(found).to.have.lengthOf(3);
    expect(found[0]).to.match(/^changed Help deskbot welcome message: Welcome .*<b>Hello<\/b>$/);
    expect(found[1]).to.match(/^changed Notesdata source of Help desk schedule: nothing .* daily$/);
    expect(found[2]).to.match(/^created Anotherbot name: Another/);
    expect((await running.hookbell.bots.seenBy(admin, house.botId)).welcomeMessage).to.equal('Welcome');

    const sealed = String(shown.$('[name=sealed]').val());
    expect(leadsTo(await send(`${page}/import`, { sealed }))).to.equal(page);
    expect((await ada.get(page)).$('.alert-success').text()).to.equal(
      'Imported: 1 created, 2 changed, 7 as they were.',
    );
    expect((await running.hookbell.bots.seenBy(admin, house.botId)).welcomeMessage).to.equal('<b>Hello</b>');
    const again = await send(`${page}/difference`, {}, JSON.stringify(file));
    expect(again.$('h2').text()).to.include('Nothing differs');
    expect(again.$('[name=sealed]').length).to.equal(0);
  });

  it('is not imported when what is stored has changed since it was looked at, or later than an hour', async () => {
    const file = JSON.parse((await exported()).text);
    file.bots[0].name = 'Renamed';
    const sealed = String(
      (await send(`${page}/difference`, {}, JSON.stringify(file))).$('[name=sealed]').val(),
    );
    await running.hookbell.bots.change(house.botId, { instructions: 'Be brief' }, admin, Date.now());

    const refused = await send(`${page}/import`, { sealed });

    expect(refused.status).to.equal(409);
    expect(refused.$('#import [role=alert]').text()).to.include('changed meanwhile');
    expect((await running.hookbell.bots.seenBy(admin, house.botId)).name).to.equal('Help desk');
    const stranger = await send(`${page}/import`, {
      sealed: running.hookbell.deps.vault.seal('something else'),
    });
    expect([stranger.status, stranger.$('#import [role=alert]').text()]).to.deep.equal([
      409,
      'This page is out of date: choose the file once more',
    ]);
    running.pass(3_600_001);
    expect((await send(`${page}/import`, { sealed })).$('#import [role=alert]').text()).to.include(
      'out of date',
    );
  });

  it('says what is wrong with a file, each with its path', async () => {
    const wrong: [string, RegExp][] = [
      ['{', /file: Not JSON/],
      ['{"hookbell":"configuration","version":2,"bots":[]}', /version: .*reads version 1/],
      [
        '{"hookbell":"configuration","version":1,"bots":[{"name":"A","colour":"red"}]}',
        /bots\.0\.colour: Unknown field/,
      ],
    ];
    for (const [file, reason] of wrong) {
      const { status, $ } = await send(`${page}/difference`, {}, file);
      expect(status, file).to.equal(422);
      expect($('#import li').text(), file).to.match(reason);
    }
    expect(
      (await send(`${page}/difference`, { passphrase: '' })).$('#import [role=alert]').text(),
    ).to.include('Choose a file');
  });

  it('wants the passphrase of a file, and the right one', async () => {
    const { text } = await exported('correct horse battery');
    for (const secret of house.secrets) expect(text).not.to.include(secret);

    const without = await send(`${page}/difference`, {}, text);
    const other = await send(`${page}/difference`, { passphrase: 'another passphrase' }, text);
    const right = await send(`${page}/difference`, { passphrase: 'correct horse battery' }, text);

    expect(without.$('#import-passphrase-error').text()).to.include('give their passphrase');
    expect(other.$('#import-passphrase-error').text()).to.include('does not open');
    expect(right.$('h2').text()).to.include('Nothing differs');
  });

  it('is for admins', async () => {
    const agent = await person(running, 'agent');
    expect((await agent.get(page)).status).to.equal(403);
    for (const path of ['export', 'difference', 'import'])
      expect((await agent.post(`${page}/${path}`, { _csrf: await agent.token() })).status, path).to.equal(
        403,
      );
  });
});
