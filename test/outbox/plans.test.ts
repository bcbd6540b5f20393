import { expect } from 'chai';
import type { Knex } from 'knex';
import { outboxPruner } from '../../src/outbox/prune.js';
import { strandedDeliveries } from '../../src/outbox/stranded.js';
import { isPostgres } from '../../src/records.js';
import { keepWithinSize } from '../../src/storage/limit.js';
import { conversationStarted } from '../../src/webhooks/events.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { fillLog } from '../support/log.js';
import type { Hook } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { planOf } from '../support/plans.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

type Query = { sql: string; bindings: Knex.Value[] };

/** Steps of plans that read a whole table or index, or sort, and why that stays small however long the log is. */
const allowed: [RegExp, string][] = [
  [/^SCAN CONSTANT ROW/, 'no table'],
  [/^SCAN \S+ VIRTUAL TABLE/, 'the rows of one JSON parameter'],
  [
    /^SCAN (lane|open|some|each_webhook|\(subquery-\d+\)|\(join-\d+\))( |$)/,
    'what a part of the same query found',
  ],
  [/^SCAN (width|counted)( |$)/, 'the three spans of figures, the attempts that are settled at once'],
  [
    /^SCAN deliveries USING (COVERING )?INDEX deliveries_due/,
    'holds only what waits, and all of it is counted',
  ],
  [/^SCAN deliveries USING (COVERING )?INDEX deliveries_finished/, 'in its own order, up to a limit'],
  [/^SCAN webhooks/, 'one row a webhook: people make these'],
  [/^USE TEMP B-TREE FOR GROUP BY in INSERT INTO delivery_figures/, 'the attempts that are settled at once'],
  [/^USE TEMP B-TREE FOR GROUP BY in .* from delivery_figures/, 'the points of a chart'],
  [/^USE TEMP B-TREE FOR ORDER BY in .* where event_seq in \(/, 'the deliveries of one page of events'],
];

/** The tables that grow with what happens. */
const growing = /\b(events|deliveries|attempts)\b/i;

describe('the plans of the outbox’s queries', () => {
  let running: Running;
  let receiver: Receiver;
  let me: Person;
  let api: Caller;
  const seen = new Map<string, Query>();

  before(async function () {
    this.timeout(60_000);
    receiver = await startReceiver();
    running = await startHookbell({ env: { RETRY_SCHEDULE: '1h' } });
    const { db, reader } = running.hookbell.deps;
    for (const connection of [db, reader]) {
      connection.on('query', ({ sql, bindings }: Query) => {
        if (growing.test(sql) && !seen.has(sql)) seen.set(sql, { sql, bindings });
      });
    }
    me = await person(running);
    api = caller(running.url, me.key);
    await exercise();
  });

  after(async () => {
    await running.stop();
    await receiver.close();
  });

  /** All that touches the outbox, through the courier, the API, the pages and the chores. */
  async function exercise(): Promise<void> {
    const bot = (await api.post('/bots', { name: 'Shop' })).body.id as string;
    const made = async (type: string, path: string): Promise<Hook> => {
      const { body } = await api.post(`/bots/${bot}/webhooks`, { type, targetUrl: receiver.url + path });
      return { ...body, botId: bot };
    };
    const hook = await made('conversation.started', '/hook');
    const gone = await made('conversation.started', '/gone');
    receiver.answer((req, res) => {
      const failing = (req.url === '/gone' && 410) || (receiver.received.length % 2 ? 200 : 500);
      res.writeHead(failing).end('answered');
    });
    for (const subject of ['one', 'one', 'two', 'three']) await happen(bot, subject);
    const attempted = async () => {
      const { data } = (await api.get(`/webhooks/${hook.id}/deliveries`)).body;
      return data.filter(({ attempts }: { attempts: number }) => attempts > 0).length;
    };
    await eventually('three were attempted, and one webhook is gone', async () => {
      const { health } = (await api.get(`/webhooks/${gone.id}`)).body;
      return health === 'disabled' && (await attempted()) >= 3;
    });
    await look(bot, hook);
    await change(hook);
    await tidy(hook, gone);
  }

  async function happen(botId: string, id: string): Promise<void> {
    const { deps, outbox } = running.hookbell;
    const conversation = { id, botId, botName: 'Shop', channelType: 'web', createdAt: 0 };
    await deps.db.transaction((tx) =>
      outbox.append(tx, conversationStarted(conversation, 'Hello', deps.clock()), deps.clock()),
    );
  }

  async function look(bot: string, hook: Hook): Promise<void> {
    const statuses = ['', 'pending', 'sending', 'delivered', 'failed'];
    const lists = [`/webhooks/${hook.id}/deliveries`, '/events', `/bots/${bot}/events`];
    for (const list of lists) {
      for (const status of list.includes('deliveries') ? statuses : ['']) {
        const filter = status && `&status=${status}`;
        const { body } = await api.get(`${list}?limit=1${filter}`);
        if (body.nextCursor) await api.get(`${list}?limit=1${filter}&cursor=${body.nextCursor}`);
        if (body.nextCursor) await api.get(`${list}?limit=1${filter}&after=${body.nextCursor}`);
        const page = `/app${list}?limit=1${filter}`.replace('/deliveries', '');
        await me.get(page);
        if (body.nextCursor) await me.get(`${page}&cursor=${body.nextCursor}`);
      }
    }
    const [delivery] = (await api.get(`/webhooks/${hook.id}/deliveries`)).body.data;
    await api.get(`/deliveries/${delivery.id}`);
    for (const path of [
      '',
      '/figures.json',
      `/bots/${bot}`,
      `/bots/${bot}/webhooks`,
      `/bots/${bot}/replay`,
      `/webhooks/${hook.id}/replay`,
      `/webhooks/${hook.id}/figures.json`,
      `/webhooks/${hook.id}/delete`,
      `/deliveries/${delivery.id}`,
      '/settings/storage',
    ])
      await me.get(`/app${path}`);
    await me.get('/metrics');
    await api.get(`/webhooks/${hook.id}/figures`);
  }

  async function change(hook: Hook): Promise<void> {
    const since = new Date(0).toISOString();
    const [delivery] = (await api.get(`/webhooks/${hook.id}/deliveries`)).body.data;
    for (const status of ['failed', 'delivered', 'finished']) {
      await api.get(`/webhooks/${hook.id}/replay-preview?since=${since}&status=${status}`);
      const replay = (await api.post(`/webhooks/${hook.id}/replay`, { since, status })).body;
      await api.get(`/replays/${replay.id}`);
      await eventually('the replay is over', async () => {
        const { body } = await api.get(`/webhooks/${hook.id}/replays`);
        return !JSON.stringify(body).includes('"running"');
      });
    }
    await api.post(`/webhooks/${hook.id}/test`);
    await api.post(`/deliveries/${delivery.id}/redeliver`);
    await api.post(`/webhooks/${hook.id}/pause`);
    await api.post(`/webhooks/${hook.id}/resume`);
    await api.patch(`/webhooks/${hook.id}`, { inOrder: false });
  }

  async function tidy(hook: Hook, gone: Hook): Promise<void> {
    const { deps, syncs } = running.hookbell;
    const log = { webhookId: hook.id, botId: hook.botId, count: 30 };
    await fillLog(deps.db, { ...log, status: 'delivered', from: 0 });
    await fillLog(deps.db, { ...log, webhookId: gone.id, status: 'pending', from: 0 });
    await api.delete(`/webhooks/${gone.id}`);
    const outbox = outboxPruner(deps.db);
    await keepWithinSize(deps.db, 1, { outbox, pruneSyncs: syncs.pruneSome }, 1);
    while (await outbox.step(1_000_000, 10));
    await deps.db('deliveries').where({ status: 'pending' }).update({ next_attempt_at: null });
    await strandedDeliveries(deps.db)(deps.clock());
  }

  const plain = ({ sql }: Query) =>
    sql.replaceAll(/[`"]/g, '').replaceAll(/\s+/g, ' ').replaceAll(/\$\d+/g, '?');
  const own = () => [...seen.values()].filter(({ sql }) => !/numbers\(n\)|^EXPLAIN|^CREATE/i.test(sql));

  it('reach rows by an index, and sort nothing, but where that stays small', async () => {
    const bad: string[] = [];
    for (const query of own()) {
      for (const step of await planOf(running.hookbell.deps.db, query)) {
        const text = `${step} in ${plain(query)}`;
        const isLong = /^SCAN|^USE TEMP B-TREE|Seq Scan on (events|deliveries|attempts)/.test(step);
        if (isLong && !allowed.some(([pattern]) => pattern.test(text))) bad.push(text);
      }
    }
    expect(bad.join('\n'), 'either give it an index, or say among `allowed` why it stays small').to.equal('');
  });

  it('are those of all that the outbox does', () => {
    const all = own().map(plain).join('\n');
    const kinds = {
      append: /insert into events/i,
      'append, many': /insert into deliveries/i,
      claim: /UPDATE deliveries SET status = 'sending'/,
      'due webhooks': /WITH RECURSIVE lane/,
      'give back': /sending' and lease_until <= \?/i,
      stranded: /not exists \(select 1 from deliveries as before/i,
      settle: /UPDATE deliveries SET status = result\.status/,
      attempts: /INSERT INTO attempts/,
      'the next in order': /update deliveries set next_attempt_at.*min\(seq\)/i,
      'busy in order': /select webhook_id from deliveries where subject = \S+ .*order by webhook_id/i,
      list: /from deliveries inner join events.*order by deliveries\.seq desc/i,
      'list by status': /deliveries\.status = \?.*order by deliveries\.seq desc/i,
      'an older page': /deliveries\.seq < \?.*order by deliveries\.seq desc/i,
      delivery: /deliveries\.id = \?/,
      'its attempts': /from attempts where delivery_seq = \?/,
      redeliver: /update deliveries set status = \?, step = \?/,
      prune: /delete from deliveries where seq in/,
      'prune events': /delete from events where seq in/,
      'prune attempts, by cascade': /delete from deliveries/,
      waiting: /count\(\*\).*from deliveries.*status = 'pending'/,
    };
    const missing = Object.entries(kinds).filter(([, pattern]) => !pattern.test(all));
    expect(missing.map(([name]) => name)).to.deep.equal([]);
  });

  it('find what refers to a row that is removed by an index too', async () => {
    const { db } = running.hookbell.deps;
    const lacking = isPostgres(db) ? await lackingOnPostgres(db) : await lackingOnSqlite(db);
    expect(lacking).to.deep.equal([]);
  });
});

const removed = ['webhooks', 'events', 'deliveries'];

async function lackingOnSqlite(db: Knex): Promise<string[]> {
  const tables: { name: string }[] = await db.raw("SELECT name FROM sqlite_schema WHERE type = 'table'");
  const lacking: string[] = [];
  for (const { name } of tables) {
    const keys: { table: string; from: string }[] = await db.raw(`PRAGMA foreign_key_list(${name})`);
    const indexes: { name: string; partial: number }[] = await db.raw(`PRAGMA index_list(${name})`);
    const first = await Promise.all(
      indexes
        .filter(({ partial }) => !partial)
        .map(async (index) => (await db.raw(`PRAGMA index_info(${index.name})`))[0]?.name),
    );
    for (const { table, from } of keys) {
      if (removed.includes(table) && !first.includes(from)) lacking.push(`${name}.${from}`);
    }
  }
  return lacking;
}

async function lackingOnPostgres(db: Knex): Promise<string[]> {
  const { rows } = await db.raw(
    `SELECT conrelid::regclass || ' ' || conname AS name FROM pg_constraint
     WHERE contype = 'f' AND confrelid::regclass::text = ANY (?) AND NOT EXISTS (
       SELECT 1 FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND indpred IS NULL)`,
    [removed],
  );
  return rows.map(({ name }: { name: string }) => name);
}
