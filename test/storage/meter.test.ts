import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { fillLog } from '../support/log.js';
import { type Hook, makeHook } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

const page = '/app/settings/storage';
const day = 24 * 3_600_000;

describe('the storage meter', () => {
  let running: Running;
  let admin: Person;
  let hook: Hook;

  async function start(env: Record<string, string> = {}) {
    running = await startHookbell({ background: false, env });
    admin = await person(running);
    hook = await makeHook(running, 'http://127.0.0.1:9/');
  }
  afterEach(() => running.stop());

  /** The first measurement after `since` (ms). */
  const measured = (since = 0) =>
    eventually('it is measured', async () => {
      const { measured } = await running.hookbell.storage.look();
      return measured && measured.at > since && measured;
    });

  const fill = (count: number, answer = 100) =>
    fillLog(running.hookbell.deps.db, {
      webhookId: hook.id,
      botId: hook.botId,
      count,
      status: 'delivered',
      from: running.hookbell.deps.clock() - day,
      answer,
    });

  it('counts rows exactly, and nearly every byte of the file', async () => {
    await start();
    await fill(1234);

    const found = await measured();

    const [log] = found.shares;
    expect(log!.name).to.equal('Delivery log');
    expect(log!.counted).to.deep.equal({ count: 1234, one: 'delivery', many: 'deliveries' });
    const rows = Object.fromEntries(log!.parts.map((part) => [part.name, part.rows]));
    expect(rows).to.include({ events: 1234, deliveries: 1234, attempts: 1234 });
    const known = found.shares.reduce((sum, share) => sum + share.bytes, 0) + found.file.free;
    expect(known / found.file.bytes).to.be.within(0.95, 1);
  });

  it('shows on its page in words what takes how much space, and for how long', async () => {
    await start({ RETENTION_SIZE: '10MB', RETENTION_DAYS: '7' });
    await fill(3000, 8000);

    expect((await admin.get(page)).status).to.equal(200);
    await measured();
    const { $ } = await admin.get(page);

    const names = $('tbody tr strong')
      .map((_at, name) => $(name).text())
      .get();
    expect(names).to.include.members(['Delivery log', 'Knowledge', 'Conversations', 'Free pages', 'Uploads']);
    expect($('tbody tr').first().text()).to.include('3,000 deliveries');
    expect($('.storage-bar rect').length).to.equal(names.length);
    const text = $('main').text().replaceAll(/\s+/g, ' ');
    expect(text).to.include('after 7 days').and.include('The next of them go in 6 days');
    expect(text).to.match(/It is over by \d+(\.\d)? MB: the oldest finished deliveries/);
  });

  it('measures at most once a minute', async () => {
    await start();
    const first = await measured();
    await fill(10);
    running.pass(30_000);
    expect((await running.hookbell.storage.look()).measured).to.equal(first);

    running.pass(31_000);

    const second = await measured(first.at);
    expect(second.shares[0]!.counted!.count).to.equal(10);
  });

  it('is for admins only', async () => {
    await start();
    const agent = await person(running, 'agent');
    expect((await agent.get(page)).status).to.equal(403);
  });
});
