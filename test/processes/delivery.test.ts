import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { admin, makeHook } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';
import { emptyDatabase, shared, startWorker, type Worker } from './house.js';
import { type Ledger, startLedger, type Told } from './ledger.js';

/** With `PROCESSES_EVENTS=20000`, the long form: some minutes. */
const events = Number(process.env.PROCESSES_EVENTS ?? 1_000);
const perSecond = 200;
const ofConversation = 5;
const caps = { '/wide': 8, '/narrow': 2 };
/** Longer than the leases of a delivery that may take a second. */
const longerThanLeases = 17_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('three processes on one PostgreSQL', function () {
  this.timeout(120_000 + events * 20);
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  let ledger: Ledger;
  /** Appends events and delivers none. */
  let web: Running;
  let workers: Worker[];
  let db: Knex;
  let bots: string[];

  before(async () => {
    database = await emptyDatabase();
    ledger = await startLedger();
    web = await startHookbell({ env: { ...shared(database.url), ROLE: 'web' } });
    db = web.hookbell.deps.db;
    bots = [];
    for (let bot = 0; bot < 3; bot++) {
      const { botId } = await makeHook(web, `${ledger.url}/of-syncs`);
      for (const [path, concurrency] of Object.entries(caps)) {
        const targetUrl = `${ledger.url}${path}/${bot}`;
        const input = { type: 'conversation.claimed', targetUrl, enabled: true, concurrency } as const;
        await web.hookbell.webhooks.create(botId, input, admin, Date.now());
      }
      bots.push(botId);
    }
    const short = { DELIVERY_TIMEOUT: '1s', RETRY_SCHEDULE: '100ms,100ms,200ms,500ms,1s,1s,1s,1s' };
    workers = await Promise.all([1, 2, 3].map(() => startWorker(database.url, short)));
  });

  after(async () => {
    for (const worker of workers ?? []) if (worker.isFrozen()) worker.thaw();
    await Promise.all((workers ?? []).map((worker) => worker.stop()));
    await web?.stop();
    await ledger?.close();
    await database?.stop();
  });

  async function append({ conversation, number }: Told, subject: string): Promise<void> {
    const { deps, outbox } = web.hookbell;
    const botId = bots[conversation % bots.length]!;
    const body = JSON.stringify({ conversation, number } satisfies Told);
    await deps.db.transaction((tx) =>
      outbox.append(tx, { botId, type: 'conversation.claimed', subject, body }, Date.now()),
    );
  }

  /** What happens in a conversation follows quickly, so that it often finds the event before it on its way. */
  async function converse(conversation: number): Promise<void> {
    const subject = randomUUID();
    for (let number = 1; number <= ofConversation; number++) {
      await append({ conversation, number }, subject);
      await pause(number * 7);
    }
  }

  async function happen(): Promise<void> {
    const conversations = [];
    for (let conversation = 0; conversation * ofConversation < events; conversation++) {
      conversations.push(converse(conversation));
      await pause((1000 * ofConversation) / perSecond);
    }
    await Promise.all(conversations);
  }

  const inFlight = async () => {
    const sending = await db('deliveries').whereRaw("status = 'sending'").count({ count: '*' }).first();
    return Number(sending?.count);
  };

  it('lose nothing, keep caps and order, and send nothing at the same time, whoever dies or freezes', async () => {
    const [sleeper, ...others] = workers as [Worker, Worker, Worker];
    let isOver = false;
    let kills = 0;
    let left = 0;

    async function killing(): Promise<void> {
      while (!isOver) {
        await pause(1_000);
        await others[Math.floor(Math.random() * others.length)]!.kill();
        left += await inFlight();
        kills += 1;
      }
    }

    async function freezing(): Promise<void> {
      await pause(1_500);
      sleeper.freeze();
      left += await inFlight();
      await pause(longerThanLeases);
      sleeper.thaw();
    }

    const disasters = Promise.all([killing(), freezing()]);
    await happen();
    isOver = true;
    await disasters;
    const waiting = () => db('deliveries').whereNot({ status: 'delivered' }).count({ count: '*' }).first();
    while (Number((await waiting())?.count) > 0) await pause(100);

    const ids = await db('deliveries').pluck('id');
    const attempts = await db('attempts').select('delivery_seq', 'attempt');
    const figures = { events, kills, left, requests: ledger.requests(), duplicates: ledger.duplicates() };
    if (process.env.PROCESSES_EVENTS)
      console.log(
        figures,
        workers.map((w) => w.logged()),
      );
    expect(ids).to.have.length(events * 2);
    expect(new Set(ledger.taken), 'none lost').to.deep.equal(new Set(ids));
    expect(ledger.wrong).to.deep.equal([]);
    for (const [path, cap] of Object.entries(caps)) {
      for (let bot = 0; bot < 3; bot++)
        expect(ledger.mostAtOnce(`${path}/${bot}`), path).to.be.within(1, cap);
    }
    expect(kills).to.be.at.least(3);
    expect(ledger.duplicates(), 'what was in flight').to.be.at.most(left);
    expect(new Set(attempts.map((one) => `${one.delivery_seq} ${one.attempt}`)).size).to.equal(
      attempts.length,
    );
  });

  it('leave nothing behind when they are asked to stop', async () => {
    expect(await Promise.all(workers.splice(0).map((worker) => worker.stop()))).to.deep.equal([0, 0, 0]);
    expect(await db('lanes').where('until', '>', Date.now() + 30_000)).to.deep.equal([]);
  });
});
