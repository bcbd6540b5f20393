import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { pino } from 'pino';
import type { Actor } from '../../src/accounts/actor.js';
import { commandLine } from '../../src/accounts/actor.js';
import { type Answers, answersFrom } from '../../src/answers/answers.js';
import { apiRouter } from '../../src/api/router.js';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { conversationEndpoints } from '../../src/conversations/api.js';
import { type VisitorLimits, visitorLimits } from '../../src/conversations/limits.js';
import { conversationService } from '../../src/conversations/service.js';
import { visitorRoutes } from '../../src/conversations/visitorRoutes.js';
import { createHookbell } from '../../src/hookbell.js';
import { requestLog } from '../../src/http/requestLog.js';
import { knowledgeSearch } from '../../src/knowledge/search.js';
import { caller } from '../support/caller.js';

export type House = Awaited<ReturnType<typeof startHouse>>;
export type Agent = Actor & { id: string; key: string };

type Options = {
  env?: Record<string, string>;
  dataDir?: string;
  answers?: Answers;
  limits?: Partial<VisitorLimits>;
  port?: number;
};

/** A Hookbell on a free port of this machine in which people talk. */
export async function startHouse({ env = {}, dataDir, answers, limits = {}, port = 0 }: Options = {}) {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'hookbell-'));
  const lines: string[] = [];
  let ahead = 0;
  // What comes before there is an app waits for it.
  const early: [IncomingMessage, ServerResponse][] = [];
  const server = createServer((...request) => void early.push(request));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = readConfig({
    DATA_DIR: folder,
    PUBLIC_URL: url,
    OUTBOUND_ALLOW: '127.0.0.1',
    RETRY_SCHEDULE: '20ms,20ms',
    ...env,
  });
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) });
  const hookbell = await createHookbell(config, log, () => Date.now() + ahead);
  const { deps, accounts, bots, outbox } = hookbell;
  const search = knowledgeSearch(deps.reader);
  const conversations = conversationService(deps, {
    bots,
    accounts,
    outbox,
    answers: answers ?? answersFrom(deps, search),
  });
  server.removeAllListeners('request').on('request', appWith());
  for (const request of early) server.emit('request', ...request);
  await hookbell.start();
  await conversations.replies.start({ ownsDatabase: true });

  function appWith(): Express {
    const api = apiRouter(deps, accounts, conversationEndpoints(bots, conversations));
    const app = express();
    app.set('trust proxy', deps.config.trustProxy);
    app.use(requestLog(deps.log));
    app.use('/api/v1', (req, res, next) =>
      req.path.includes('/conversations') ? api(req, res, next) : next(),
    );
    app.use(visitorRoutes(deps, bots, conversations, { ...visitorLimits, ...limits }));
    app.use(createApp(hookbell));
    return app;
  }

  return {
    hookbell,
    conversations,
    url,
    dataDir: folder,
    now: () => deps.clock(),
    pass: (ms: number) => {
      ahead += ms;
    },
    logged: () => lines.join(''),

    async stop({ keep = false } = {}): Promise<void> {
      deps.live.close();
      await conversations.replies.stop();
      await hookbell.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

let people = 0;

/** A user with an API key. */
export async function hire({ hookbell: { accounts } }: House, role: Actor['role'] = 'agent'): Promise<Agent> {
  people += 1;
  const input = {
    email: `agent${people}@example.com`,
    name: `Agent ${people}`,
    role,
    password: 'long enough',
  };
  const user = await accounts.createUser(input, commandLine, Date.now());
  return { ...user, key: await accounts.createApiKey(user, 'test', user, Date.now()) };
}

export const calls = (house: House, { key }: Agent) => caller(house.url, key);

/** A bot with takeover on, given to these agents. */
export async function openBot({ hookbell: { bots } }: House, agents: Agent[] = [], changes: object = {}) {
  const input = {
    name: 'Help desk',
    welcomeMessage: 'Hello there!',
    instructions: '',
    humanTakeover: true,
    storageTokenLimit: null,
    allowedOrigins: [],
  };
  const bot = await bots.create({ ...input, ...changes }, commandLine, Date.now());
  const ids = agents.filter(({ role }) => role === 'agent').map(({ id }) => id);
  await bots.setAgents(bot.id, ids, commandLine, Date.now());
  return bot;
}

/** Puts documents where a sync would have left them. */
export async function teach(
  { hookbell }: House,
  botId: string,
  pages: { title: string; text: string; url?: string }[],
): Promise<void> {
  const { db } = hookbell.deps;
  const sourceId = `source-of-${botId}`;
  const times = { created_at: 1, updated_at: 1 };
  const source = { id: sourceId, bot_id: botId, name: 'Manual', type: 'text', config: '{}', enabled: true };
  await db('data_sources').insert({ ...source, visible_sync: 1, last_sync: 1, ...times });
  for (const { title, text, url = null } of pages) {
    const counted = { tokens: 1, documents: 1, since_sync: 1, changed_at: 1 };
    const row = { source_id: sourceId, key: title, hash: title, title, url, ...counted };
    const [{ id }] = await db('rows').insert(row).returning('id');
    await db('documents').insert({ row_id: id, bot_key: botId.replaceAll('-', ''), title, text });
  }
}

/** The bodies of all events so far, as they are sent. */
export async function eventsOf({ hookbell }: House, subject?: string): Promise<string[]> {
  const rows = await hookbell.deps
    .db('events')
    .modify((query) => subject && query.where({ subject }))
    .orderBy('seq');
  return rows.map((row: { body: string }) => row.body);
}
