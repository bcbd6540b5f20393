import { expect } from 'chai';
import express from 'express';
import supertest from 'supertest';
import { commandLine } from '../../src/accounts/actor.js';
import { channelRoutes } from '../../src/channels/publicRoutes.js';
import { channelTalk } from '../../src/channels/talk.js';
import {
  type Agent,
  calls,
  eventsOf,
  type House,
  hire,
  openBot,
  startHouse,
  teach,
} from '../conversations/house.js';
import type { Caller } from '../support/caller.js';

const id = '38362dae-a2b4-4484-8ced-920082a40b45';
const secret = '14e6c7131ce0465cb46ec109e7de0719';
const answer = '“You may return an item within 30 days.”\n— Returns';

describe('the API channel', () => {
  let house: House;
  let ada: Agent;
  let api: Caller;
  let bot: string;
  before(async () => {
    house = await startHouse();
    ada = await hire(house, 'admin');
    api = calls(house, ada);
    ({ id: bot } = await openBot(house));
    await teach(house, bot, [{ title: 'Returns', text: 'You may return an item within 30 days.' }]);
    const { status } = await api.post(`/bots/${bot}/channels`, { name: 'Old app', id, secret });
    expect(status).to.equal(201);
  });
  after(() => house.stop());

  const made = async (more: object = {}) =>
    (await api.post(`/bots/${bot}/channels`, { name: 'Another', ...more })).body;
  const call = (path: string, body?: string | object, headers: Record<string, string> = {}) =>
    supertest(house.url)
      .post(`/api/public/channels/${path}`)
      .set({ 'X-API-Secret-Key': secret, ...headers })
      .send(body)
      .then(({ status, body, headers }) => ({ status, body, headers }));
  const say = (message: unknown, conversationId?: unknown) =>
    call(`${id}/1.0/message`, { message, conversationId });
  const read = async (conversation: string) => (await api.get(`/conversations/${conversation}`)).body;

  it('begins a conversation with the welcome, and goes on with it, as Chat Thing does', async () => {
    const begun = await call(`${id}/1.0/conversation`, undefined, { 'Content-Type': 'application/json' });
    const { conversationId } = begun.body;
    expect(begun.status).to.equal(200);
    expect(begun.body).to.deep.equal({ success: true, conversationId, response: 'Hello there!' });
    expect(begun.headers).to.include({ 'cache-control': 'no-store' }).and.not.have.property('set-cookie');
    const said = await say('Can I return an item?', conversationId);
    expect(said.status).to.equal(200);
    expect(said.body).to.deep.equal({ response: answer, conversationId });
    const stored = await read(conversationId);
    expect(stored).to.include({ botId: bot, channelType: 'api', state: 'Bot' });
    expect(stored.messages.map(({ content }: { content: string }) => content)).to.deep.equal([
      'Can I return an item?',
      answer,
    ]);
    const events = await eventsOf(house, conversationId);
    expect(events).to.have.length(1);
    expect(events[0]).to.include('"event":"conversation.started"').and.to.include('"channelType":"api"');
  });

  it('begins one with the first message, too, and tells of it once', async () => {
    for (const none of [undefined, null, '']) {
      const { status, body } = await say('Can I return an item?', none);
      expect(status).to.equal(200);
      expect(Object.keys(body)).to.deep.equal(['response', 'conversationId']);
      expect(body.response).to.equal(answer);
      await say('Thank you', body.conversationId);
      const events = await eventsOf(house, body.conversationId);
      expect(events).to.have.length(1);
      expect(events[0]).to.include('"initialMessage":"Can I return an item?"');
      expect((await read(body.conversationId)).messages).to.have.length(4);
    }
  });

  it('takes JSON of whatever type, and fields that it does not know', async () => {
    const body = JSON.stringify({ message: 'Can I return an item?', stream: false, extra: { a: 1 } });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const said = await call(`${id}/1.0/message`, body, { 'Content-Type': type });
      expect(said.body.response, type).to.equal(answer);
    }
    expect((await call(`${id.toUpperCase()}/1.0/conversation`)).status).to.equal(200);
  });

  it('gives the same answer to a wrong id, a wrong secret and none', async () => {
    const other = await made();
    const wrong = [
      await call(`${id}/1.0/conversation`, {}, { 'X-API-Secret-Key': other.secret }),
      await call(`${id}/1.0/conversation`, {}, { 'X-API-Secret-Key': '' }),
      await call(`${id}/1.0/conversation`, {}, { 'X-API-Secret-Key': `${secret}x` }),
      await call(`${other.id}/1.0/message`, 'no JSON'),
      await call('00000000-0000-4000-8000-000000000000/1.0/message', { message: 'Hello' }),
      await call('nothing/1.0/conversation', {}, { 'X-API-Secret-Key': '' }),
    ];
    const error = 'There is no such channel, or X-API-Secret-Key is not its secret';
    for (const { status, body } of wrong) {
      expect(status).to.equal(401);
      expect(body).to.deep.equal({ success: false, error });
    }
  });

  it('goes on only with its own conversations', async () => {
    const other = await made();
    const theirs = (await call(`${other.id}/1.0/conversation`, {}, { 'X-API-Secret-Key': other.secret }))
      .body;
    const web = await api.post(`/bots/${bot}/conversations`, { channelType: 'web', initialMessage: 'Hi' });
    for (const conversation of [theirs.conversationId, web.body.id, 'nothing']) {
      const { status, body } = await say('Hello', conversation);
      expect(status).to.equal(404);
      expect(body).to.deep.equal({ success: false, error: 'Conversation not found' });
    }
    expect((await read(web.body.id)).messages).to.have.length(2);
  });

  it('says what is wrong with a message, as JSON', async () => {
    const refused: [unknown, number, string][] = [
      [{}, 422, 'message: Missing'],
      [{ message: ' ' }, 422, 'message: Write something'],
      [{ message: 'x'.repeat(8001) }, 422, 'message: At most 8,000 characters'],
      [{ message: 'Hello', conversationId: 7 }, 422, 'conversationId: '],
      ['{"message":', 400, 'JSON'],
      [`{"message":"${'x'.repeat(70_000)}"}`, 413, 'too large'],
    ];
    for (const [sent, status, error] of refused) {
      const given = await call(`${id}/1.0/message`, sent as string, { 'Content-Type': 'application/json' });
      expect(given.status, error).to.equal(status);
      expect(given.body.success, error).to.equal(false);
      expect(given.body.error).to.include(error);
    }
    const got = await supertest(house.url).get(`/api/public/channels/${id}/1.0/message`);
    expect([got.status, got.headers.allow, got.body.success]).to.deep.equal([405, 'POST', false]);
    const elsewhere = await call(`${id}/2.0/message`);
    expect([elsewhere.status, elsewhere.body.success]).to.deep.equal([404, false]);
  });

  it('answers nothing while an agent has the conversation, and keeps the message', async () => {
    const { conversationId } = (await say('Hello')).body;
    // There is no way there yet but for the web channel.
    const active = { state: 'Active', claimed_by: ada.id, claims: 1 };
    await house.hookbell.deps.db('conversations').where({ id: conversationId }).update(active);
    const { status, body } = await say('Are you a person?', conversationId);
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ response: '', conversationId });
    expect((await read(conversationId)).messages.at(-1)).to.include({ content: 'Are you a person?' });
  });

  it('is closed while it is disabled, and gone with its bot', async () => {
    const { id: botId } = await openBot(house);
    const channel = (await api.post(`/bots/${botId}/channels`, { name: 'App', channelType: 'app' })).body;
    const start = () => call(`${channel.id}/1.0/conversation`, {}, { 'X-API-Secret-Key': channel.secret });
    expect((await read((await start()).body.conversationId)).channelType).to.equal('app');
    await api.patch(`/channels/${channel.id}`, { enabled: false });
    const closed = await start();
    expect([closed.status, closed.body]).to.deep.equal([
      403,
      { success: false, error: 'This channel is disabled' },
    ]);
    await api.patch(`/channels/${channel.id}`, { enabled: true });
    expect((await start()).status).to.equal(200);
    expect(await house.hookbell.bots.belongingsOf(botId)).to.include('1 API channel');
    await house.hookbell.bots.remove(botId, commandLine, house.now());
    expect((await start()).status).to.equal(401);
  });

  it('has a new secret from the moment it was made on', async () => {
    const channel = await made();
    const start = (key: string) => call(`${channel.id}/1.0/conversation`, {}, { 'X-API-Secret-Key': key });
    const next = (await api.post(`/channels/${channel.id}/rotate-secret`, {})).body.secret;
    expect((await start(channel.secret)).status).to.equal(401);
    expect((await start(next)).status).to.equal(200);
  });

  it('takes so many calls a minute, each channel for itself', async () => {
    const [one, another] = [await made(), await made()];
    const { deps, channels, conversations, bots } = house.hookbell;
    const talk = channelTalk(deps, { bots, conversations });
    const app = express().use(channelRoutes(deps, channels, talk, 3));
    const call = ({ id, secret }: { id: string; secret: string }) =>
      supertest(app)
        .post(`/api/public/channels/${id}/1.0/conversation`)
        .set('X-API-Secret-Key', secret)
        .then((answer) => answer);
    for (const _call of [1, 2, 3]) expect((await call(one)).status).to.equal(200);
    const over = await call(one);
    expect(over.status).to.equal(429);
    expect(Number(over.headers['retry-after'])).to.be.within(1, 60);
    expect(over.body.error).to.include('More than 3 calls a minute');
    expect((await call({ ...one, secret: 'wrong' })).status).to.equal(401);
    expect((await call(another)).status).to.equal(200);
  });

  it('writes no secret into the log or, in the clear, into the database', async () => {
    const { db } = house.hookbell.deps;
    const kept = JSON.stringify([await db('api_channels'), await db('audit_log')]);
    expect(kept).to.include(id).and.not.include(secret);
    expect(house.logged()).not.to.include(secret);
  });
});
