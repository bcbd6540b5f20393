import { expect } from 'chai';
import supertest from 'supertest';
import { eventually } from '../support/eventually.js';
import { admin } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';
import { botInSlack, callAsSlack, eventOf, mention } from './house.js';
import { type Posted, type SlackServer, startSlack, token } from './slackServer.js';

describe('a bot in Slack', () => {
  let running: Running;
  let slack: SlackServer;
  let botId: string;
  let id: string;
  let path: string;
  before(async () => {
    slack = await startSlack();
    running = await startHookbell();
    ({ botId, id, path } = await botInSlack(running, slack));
  });
  after(async () => {
    await running.stop();
    await slack.close();
  });
  beforeEach(() => {
    slack.posted.length = 0;
  });

  const now = () => running.hookbell.deps.clock();
  const call = (body: object, at = now(), secret?: string) =>
    callAsSlack(running.url, path, body, at, secret);
  const posts = (count: number): Promise<Posted[]> =>
    eventually(`${count} posts`, () => slack.posted.length >= count && [...slack.posted]);
  const conversations = async () =>
    (await running.hookbell.conversations.listOf(botId, {}, { limit: 100, after: null })).rows;
  const idle = () =>
    eventually('nothing waits for Slack', async () => {
      const [row] = await running.hookbell.deps
        .db('slack_threads')
        .whereNotNull('due_at')
        .count({ count: '*' });
      return Number(row!.count) === 0;
    });

  it('answers in the thread of a mention, with the source, and goes on there without one', async () => {
    const first = mention('Can items be returned?');

    const { status, body } = await call(eventOf(first));

    expect([status, body]).to.deep.equal([200, { ok: true }]);
    const [answer] = await posts(1);
    expect(answer).to.include({ channel: 'C1', thread_ts: first.ts });
    expect(answer!.text).to.include('returned within thirty days').and.include('• Returns');
    const next = {
      type: 'message',
      channel: 'C1',
      user: 'U2',
      ts: '900.2',
      thread_ts: first.ts,
      text: 'And items?',
    };
    await call(eventOf(next));
    expect((await posts(2))[1]).to.include({ channel: 'C1', thread_ts: first.ts });
    const [conversation] = await conversations();
    expect(conversation).to.deep.include({ channelType: 'slack', userData: { slackUser: 'U1' } });
    const said = await running.hookbell.conversations.messagesAfter(conversation!.id, 0, 10);
    expect(said.map(({ sender }) => sender)).to.deep.equal(['visitor', 'bot', 'visitor', 'bot']);
    expect(said[0]!.content).to.equal('Can items be returned?');
    expect(slack.calls.every(([, given]) => given === token)).to.equal(true);
  });

  it('takes all of a direct channel for one conversation', async () => {
    const direct = { type: 'message', channel: 'D1', channel_type: 'im', user: 'U3' };
    const before = (await conversations()).length;

    await call(eventOf({ ...direct, ts: '1000.1', text: 'Returned?' }));
    await posts(1);
    await call(eventOf({ ...direct, ts: '1000.2', text: 'Items?' }));

    const [one, other] = await posts(2);
    expect([one!.channel, one!.thread_ts, other!.channel]).to.deep.equal(['D1', undefined, 'D1']);
    expect(await conversations()).to.have.lengthOf(before + 1);
  });

  it('hears what Slack sends again, or tells of twice, once', async () => {
    const event = eventOf(mention('Returned, again?'));
    const before = (await conversations()).length;

    const answers = await Promise.all([1, 2, 3].map(() => call(event)));
    await call({ ...event, event: { ...event.event, type: 'message' }, event_id: 'another' });

    // One that came at the same time as the first may have to come again.
    expect(answers.filter(({ status }) => status === 200)).not.to.have.lengthOf(0);
    expect((await call(event)).status).to.equal(200);
    await posts(1);
    await idle();
    expect(slack.posted).to.have.lengthOf(1);
    expect(await conversations()).to.have.lengthOf(before + 1);
  });

  it('keeps silent where nobody speaks to it', async () => {
    const before = (await conversations()).length;
    const message = { type: 'message', channel: 'C1', user: 'U1', ts: '2000.1', text: 'Not to the bot' };
    for (const event of [
      message,
      { ...message, thread_ts: '1999.1' },
      { ...mention('An echo'), bot_id: 'B1' },
      { ...mention('Its own'), user: 'UBOT' },
      { type: 'reaction_added' },
    ])
      expect((await call(eventOf(event))).status).to.equal(200);

    await idle();
    expect(slack.posted).to.deep.equal([]);
    expect(await conversations()).to.have.lengthOf(before);
  });

  it('waits when Slack asks it to, and sends then', async () => {
    slack.refuseNext({
      status: 429,
      body: { ok: false, error: 'ratelimited' },
      headers: { 'Retry-After': '40' },
    });

    await call(eventOf(mention('Returned later?')));

    const shown = () => running.hookbell.slack.find(id);
    const waiting = await eventually('the wait is noted', async () =>
      running.hookbell.deps.db('slack_threads').where({ tries: 1 }).first(),
    );
    expect(Number(waiting.due_at) - now()).to.be.within(30_000, 40_000);
    expect((await shown())!.lastError).to.equal('Slack asks to wait');
    expect(slack.posted).to.deep.equal([]);
    running.pass(41_000);
    await posts(1);
    await eventually('all is well again', async () => (await shown())!.lastError === null);
  });

  it('gives up what Slack refuses for good, says so, and goes on', async () => {
    slack.refuseNext({ body: { ok: false, error: 'is_archived' } });
    await call(eventOf(mention('Returned to an archive?')));
    const shown = () => running.hookbell.slack.find(id);
    await eventually(
      'the refusal is noted',
      async () => (await shown())!.lastError === 'Slack says: is_archived',
    );
    await idle();

    await call(eventOf(mention('Returned elsewhere?')));

    await posts(1);
    expect(slack.posted).to.have.lengthOf(1);
  });

  it('takes only what Slack has signed, lately, and for this bot', async () => {
    const event = eventOf(mention('Forged'));
    const before = (await conversations()).length;
    const unsigned = await supertest(running.url).post(path).send(event);
    const answers = [
      unsigned,
      await call(event, now(), 'another signing secret'),
      await call(event, now() - 301_000),
      await call({ type: 'url_verification', challenge: 'x' }, now(), 'another signing secret'),
    ];

    for (const { status, body } of answers)
      expect([status, body]).to.deep.equal([401, { ok: false, error: 'invalid_signature' }]);
    expect((await callAsSlack(running.url, `${path}x`, event, now())).status).to.equal(404);
    expect((await supertest(running.url).get(path)).status).to.equal(405);
    const whole = supertest(running.url).post(path).set('Content-Type', 'application/json');
    expect((await whole.send(`"${'x'.repeat(1_100_000)}"`)).status).to.equal(413);
    expect(await conversations()).to.have.lengthOf(before);
    expect(running.logged()).not.to.include('the-signing-secret').and.not.to.include(token);
  });

  it('proves its address to Slack: signed, or before there is a secret', async () => {
    const question = { type: 'url_verification', challenge: 'a challenge' };
    expect((await call(question)).body).to.deep.equal({ challenge: 'a challenge' });

    const { bots, slack: apps } = running.hookbell;
    const bot = await bots.create({ ...bare, name: 'New' }, admin, now());
    await apps.begin(bot.id, admin, now());
    const { id } = (await apps.seenBy(admin, bot.id))!;
    const fresh = (body: object) => supertest(running.url).post(`/api/public/slack/${id}`).send(body);
    expect((await fresh(question)).body).to.deep.equal({ challenge: 'a challenge' });
    expect((await fresh(eventOf(mention('Too early')))).status).to.equal(401);
    await bots.remove(bot.id, admin, now());
    expect((await fresh(question)).status).to.equal(404);
  });
});

const bare = {
  welcomeMessage: '',
  instructions: '',
  humanTakeover: false,
  storageTokenLimit: null,
  notificationEmail: null,
  allowedOrigins: [],
};
