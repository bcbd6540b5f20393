import supertest from 'supertest';
import { newBot } from '../../src/bots/schema.js';
import { signatureOf } from '../../src/slack/signature.js';
import { newSource } from '../../src/sources/schema.js';
import { eventually } from '../support/eventually.js';
import { admin } from '../support/outbox.js';
import type { Running } from '../support/server.js';
import { type SlackServer, token } from './slackServer.js';

export const signingSecret = 'the-signing-secret-of-slack';

/** A bot that knows one thing and is in Slack. Returns its id and the path that Slack calls. */
export async function botInSlack({ hookbell }: Pick<Running, 'hookbell'>, slack: Pick<SlackServer, 'url'>) {
  const at = hookbell.deps.clock();
  const bot = await hookbell.bots.create(newBot.parse({ name: 'Help desk' }), admin, at);
  const entries = [{ title: 'Returns', text: 'Items can be returned within thirty days.' }];
  const source = newSource.parse({ name: 'Faq', type: 'text', config: { entries } });
  await hookbell.sources.create(bot.id, source, admin, at);
  await eventually(
    'the bot knows it',
    async () => (await hookbell.search(bot.id, 'returned', 1)).length === 1,
  );
  await hookbell.slack.begin(bot.id, admin, at);
  const access = { signingSecret, botToken: token, apiUrl: slack.url };
  const { id } = await hookbell.slack.connect(bot.id, access, admin, at);
  return { botId: bot.id, id, path: `/api/public/slack/${id}` };
}

/** Calls as Slack does, signed at `at` (ms). */
export function callAsSlack(url: string, path: string, body: object, at: number, secret = signingSecret) {
  const text = JSON.stringify(body);
  const timestamp = String(Math.floor(at / 1000));
  return supertest(url)
    .post(path)
    .set({
      'Content-Type': 'application/json',
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': signatureOf(secret, timestamp, text),
    })
    .send(text);
}

let last = 0;

/** An event as Slack wraps it; each with an id of its own. */
export function eventOf(event: object) {
  last += 1;
  return { type: 'event_callback', team_id: 'T1', event_id: `Ev${last}`, event };
}

export const mention = (text: string, more: object = {}) => {
  last += 1;
  return {
    type: 'app_mention',
    channel: 'C1',
    user: 'U1',
    ts: `${last}.1`,
    text: `<@UBOT> ${text}`,
    ...more,
  };
};
