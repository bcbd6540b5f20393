import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvLine } from '../../src/conversations/csv.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

describe('a line of CSV', () => {
  it('quotes as RFC 4180 says', () => {
    expect(csvLine(['a', 'b,c', 'say "so"', 'two\nlines', null, 7])).to.equal(
      'a,"b,c","say ""so""","two\nlines",,7\r\n',
    );
  });

  it('defuses what a spreadsheet would calculate', () => {
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1+1', '＋1', '－1', '＠SUM(A1)', '\t=1', '\r=1'];
    expect(parse(csvLine(formulas))[0]).to.deep.equal(formulas.map((formula) => `'${formula}`));
    expect(csvLine(['a=1', -1])).to.equal('a=1,-1\r\n');
  });

  it('is read as it was written', () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme' }).filter((text) => !/^[=+\-@＝＋－＠\t\r\uFEFF]/.test(text)),
      { minLength: 2 },
    );
    fc.assert(
      fc.property(texts, (cells) => {
        expect(parse(csvLine(cells), { record_delimiter: '\r\n' })[0]).to.deep.equal(cells);
      }),
    );
  });
});

describe('the export of conversations', () => {
  let running: Running;
  let admin: Person;
  let bot: string;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
    bot = (await post('/bots', { name: 'Help desk' })).body.id;
  });
  after(() => running.stop());

  const post = (path: string, body: object) =>
    admin.agent.post(`/api/v1${path}`).set('Authorization', `Bearer ${admin.key}`).send(body);

  it('of nothing is a header, or an empty list', async () => {
    expect((await admin.get(`/app/bots/${bot}/conversations.json`)).body).to.deep.equal([]);
    expect((await admin.get(`/app/bots/${bot}/conversations.csv`)).text.trim().split('\r\n')).to.have.length(
      1,
    );
  });

  it('holds every message, with formulas defused', async () => {
    const { conversations, deps } = running.hookbell;
    const start = {
      channelType: 'api',
      initialMessage: '=HYPERLINK("http://evil")',
      userData: { name: 'Ann, "A"' },
    };
    const one = (await post(`/bots/${bot}/conversations`, start)).body;
    await post(`/bots/${bot}/conversations`, { channelType: 'slack' });
    for (let number = 0; number < 250; number += 1) {
      await conversations.visitorSays(one.id, { content: `Line ${number}\nand more` }, null, deps.clock());
    }
    const csv = await admin.get(`/app/bots/${bot}/conversations.csv`);
    expect(csv.headers['content-type']).to.equal('text/csv; charset=utf-8');
    expect(csv.headers['content-disposition']).to.equal('attachment; filename=conversations.csv');
    const rows: Record<string, string>[] = parse(csv.text, { columns: true });
    const said = rows.filter(({ from }) => from === 'visitor');
    expect(said).to.have.length(251);
    expect(said[0]).to.include({
      conversation: one.id,
      channel: 'api',
      content: `'=HYPERLINK("http://evil")`,
      user_data: '{"name":"Ann, \\"A\\""}',
    });
    expect(said.at(-1)!.content).to.equal('Line 249\nand more');
    expect(rows.filter(({ channel }) => channel === 'slack')).to.have.length(1);

    const { body } = await admin.get(`/app/bots/${bot}/conversations.json`);
    expect(body).to.have.length(2);
    expect(body[1].messages.filter(({ from }: { from: string }) => from === 'visitor')).to.have.length(251);
    expect(body[1].messages[0].content).to.equal('=HYPERLINK("http://evil")');
  });

  it('holds what the filter shows', async () => {
    const { body } = await admin.get(`/app/bots/${bot}/conversations.json?channelType=slack&state=`);
    expect(body.map(({ channelType }: { channelType: string }) => channelType)).to.deep.equal(['slack']);
  });

  it('is for those who may see the bot', async () => {
    const agent = await person(running, 'agent');
    expect((await agent.get(`/app/bots/${bot}/conversations.json`)).status).to.equal(403);
  });
});
