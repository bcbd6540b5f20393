import { expect } from 'chai';
import { openDatabase } from '../../src/database.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { cli, freePort, type Program, serve, temporaryFolder } from '../support/processes.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Site, staticSite } from '../support/staticSite.js';

const admin = { ADMIN_EMAIL: 'ada@example.com', ADMIN_PASSWORD: 'a long enough password' };
const table = (word: string) => {
  const lines = Array.from(
    { length: 20_000 },
    (_, line) => `${line},Item ${line},The ${word} of line ${line}`,
  );
  return { headers: { 'Content-Type': 'text/csv' }, body: `id,title,text\n${lines.join('\n')}\n` };
};

describe('killed with SIGKILL', function () {
  this.timeout(120_000);
  let env: Record<string, string>;
  let url: string;
  let server: Program;
  let receiver: Receiver;
  let site: Site;
  let api: Caller;
  let botId: string;

  async function start(): Promise<void> {
    server = serve(env);
    await eventually('the server is ready', async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok);
  }

  async function kill(): Promise<void> {
    server.child.kill('SIGKILL');
    await server.finished;
  }

  beforeEach(async () => {
    const PORT = await freePort();
    url = `http://127.0.0.1:${PORT}`;
    env = {
      PORT,
      HOST: '127.0.0.1',
      PUBLIC_URL: url,
      OUTBOUND_ALLOW: '127.0.0.1',
      HOOK_RATE_LIMIT: '0',
      ...admin,
    };
    env.DATA_DIR = temporaryFolder();
    receiver = await startReceiver();
    site = await staticSite({ '/table.csv': table('words') });
    await start();
    const key = await cli(['api-key', 'create', '--email', admin.ADMIN_EMAIL], env);
    api = caller(url, key.stdout.trim());
    botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
    await api.post(`/bots/${botId}/webhooks`, { type: 'sync.success', targetUrl: receiver.url });
  });

  afterEach(async () => {
    await kill();
    await receiver.close();
    await site.close();
  });

  /** What the database says when all is quiet; nothing may be left under way. */
  async function ledger() {
    const database = openDatabase({ dataDir: env.DATA_DIR! });
    try {
      const [{ integrity_check }] = await database.db.raw('PRAGMA integrity_check');
      return {
        integrity: integrity_check as string,
        events: Number((await database.db('events').count({ count: '*' }))[0]!.count),
        deliveries: await database.db('deliveries').select('id', 'status'),
        syncs: await database.db('syncs').select('id', 'status'),
      };
    } finally {
      await database.close();
    }
  }

  it('while receivers are being called, it loses no event, and repeats carry the same id', async () => {
    const config = { entries: [{ title: 'Hours', text: 'From nine to five.' }] };
    const { body: source } = await api.post(`/bots/${botId}/data-sources`, {
      name: 'Hours',
      type: 'text',
      config,
    });
    const { body: hook } = await api.post(`/bots/${botId}/webhooks`, {
      type: 'sync.trigger',
      dataSourceId: source.id,
    });
    const acknowledged = new Set<string>();
    let kills = 0;
    for (let round = 1; round <= 4; round++) {
      const before = receiver.received.length;
      receiver.answer((_req, res) => {
        // Dies while the receiver has the request and has not answered yet.
        if (receiver.received.length < before + round) return void res.end();
        server.child.kill('SIGKILL');
      });
      while (server.child.exitCode === null && server.child.signalCode === null) {
        const answer = await fetch(hook.url, { method: 'POST' }).catch(() => null);
        if (answer?.ok) acknowledged.add(answer.headers.get('x-sync-id')!);
      }
      await server.finished;
      kills++;
      receiver.answer(200);
      await start();
    }
    await eventually('nothing is under way', async () => {
      const { deliveries, syncs } = await ledger();
      return [...deliveries, ...syncs].every(({ status }) => ['delivered', 'succeeded'].includes(status));
    });
    const { integrity, events, deliveries, syncs } = await ledger();
    const received = receiver.received.map((got) => got.headers['webhook-id']!);
    expect(integrity).to.equal('ok');
    expect(syncs.map(({ id }) => id)).to.include.members([...acknowledged]);
    expect(deliveries).to.have.length(events);
    expect(events).to.equal(syncs.length);
    expect(new Set(received)).to.deep.equal(new Set(deliveries.map(({ id }) => id)));
    expect(received.length - new Set(received).size, 'repeats').to.be.within(kills, kills * 8);
  });

  it('in the middle of a sync, it syncs again, and what could be searched before still can be', async () => {
    const { body: source } = await api.post(`/bots/${botId}/data-sources`, {
      name: 'Table',
      type: 'csv',
      config: { url: `${site.origin}/table.csv`, keyColumn: 'id' },
    });
    const reading = () =>
      eventually('rows are being written', async () => {
        const { body } = await api.get(`/data-sources/${source.id}`);
        return body.lastSync?.progress.done > 1_000 && body.status === 'syncing';
      });
    await reading();
    await kill();
    await start();
    await receiver.wait(1);
    const { results } = JSON.parse(receiver.received[0]!.body);
    expect(results).to.include({ modifiedRows: 20_000, totalDataSourceRows: 20_000, totalDocuments: 20_000 });

    site.pages['/table.csv'] = table('sentence');
    await api.post(`/data-sources/${source.id}/sync`);
    await reading();
    await kill();
    await start();
    const { body: before } = await api.get(`/bots/${botId}/search?q=words`);
    const { body: sync } = await api.get(`/data-sources/${source.id}`);
    if (sync.status === 'syncing') expect(before.data).to.have.length(10);
    await receiver.wait(2);
    expect(JSON.parse(receiver.received[1]!.body).results).to.include({
      modifiedRows: 20_000,
      totalDocuments: 20_000,
    });
    expect((await api.get(`/bots/${botId}/search?q=words`)).body.data).to.have.length(0);
    expect((await ledger()).integrity).to.equal('ok');
  });
});
