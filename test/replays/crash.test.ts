import { expect } from 'chai';
import { openDatabase } from '../../src/database.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { cli, freePort, type Program, serve, temporaryFolder } from '../support/processes.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { finished } from './ground.js';

const many = 1_600;

describe('a replay, killed with SIGKILL', function () {
  this.timeout(90_000);
  let env: Record<string, string>;
  let url: string;
  let server: Program;
  let receiver: Receiver;
  let api: Caller;
  let hook: { id: string; botId: string };

  async function start(): Promise<void> {
    server = serve(env);
    await eventually('the server is ready', async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok);
  }

  async function kill(): Promise<void> {
    server.child.kill('SIGKILL');
    await server.finished;
  }

  before(async () => {
    const PORT = await freePort();
    url = `http://127.0.0.1:${PORT}`;
    const admin = { ADMIN_EMAIL: 'ada@example.com', ADMIN_PASSWORD: 'a long enough password' };
    env = { PORT, HOST: '127.0.0.1', PUBLIC_URL: url, OUTBOUND_ALLOW: '127.0.0.1', ...admin };
    env.DATA_DIR = temporaryFolder();
    receiver = await startReceiver();
    await start();
    const key = await cli(['api-key', 'create', '--email', admin.ADMIN_EMAIL], env);
    api = caller(url, key.stdout.trim());
    const botId = (await api.post('/bots', { name: 'Help desk' })).body.id;
    const input = { type: 'sync.success', targetUrl: receiver.url };
    hook = { id: (await api.post(`/bots/${botId}/webhooks`, input)).body.id, botId };
    await kill();
    const database = openDatabase({ dataDir: env.DATA_DIR });
    await finished(database.db, hook, Array(many).fill({}), Date.now() - 60_000);
    await database.close();
    await start();
  });

  after(async () => {
    await kill();
    await receiver.close();
  });

  /** What the database says while nobody writes to it. */
  async function ledger() {
    const database = openDatabase({ dataDir: env.DATA_DIR! });
    try {
      const rows = await database.db('deliveries').orderBy('seq').select('seq', 'id', 'status', 'attempts');
      return { rows, replay: await database.db('replays').first() };
    } finally {
      await database.close();
    }
  }

  it('goes on where it was: none is skipped, none is released twice', async () => {
    const order = { since: '2020-01-01T00:00:00Z', perSecond: 400 };
    expect((await api.post(`/webhooks/${hook.id}/replay`, order)).body).to.deep.equal({ count: many });
    for (const enough of [100, 600]) {
      await eventually(`${enough} are released`, async () => {
        const { body } = await api.get(`/webhooks/${hook.id}/replays`);
        return body.data[0].progress.done >= enough;
      });
      await kill();
      const { rows, replay } = await ledger();
      const touched = rows.filter(({ status }) => status !== 'failed');
      expect(replay.state).to.equal('running');
      expect(touched).to.have.length(replay.done);
      expect(touched.at(-1).seq, 'no gap').to.equal(replay.after_seq);
      expect(rows.indexOf(touched.at(-1)), 'no gap').to.equal(replay.done - 1);
      await start();
    }
    const seen = () => new Set(receiver.received.map((got) => got.headers['webhook-id']));
    await eventually('all have arrived', () => seen().size === many);
    await eventually('all are delivered', async () => {
      const { rows } = await ledger();
      return rows.every(({ status }) => status === 'delivered');
    });
    const { rows, replay } = await ledger();
    expect(replay).to.include({ state: 'done', done: many, total: many });
    // One attempt before the replay, one in it: an attempt that the kill left without a record is made again.
    expect(rows.filter(({ attempts }) => attempts !== 2)).to.deep.equal([]);
    expect(seen()).to.deep.equal(new Set(rows.map(({ id }) => id)));
  });
});
