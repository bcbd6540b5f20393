import type { Actor } from '../../src/accounts/actor.js';
import { commandLine } from '../../src/accounts/actor.js';
import { newBot } from '../../src/bots/schema.js';
import { caller } from '../support/caller.js';
import { userIn } from '../support/people.js';
import { startHookbell } from '../support/server.js';

export type House = Awaited<ReturnType<typeof startHouse>>;
export type Agent = Actor & { id: string; key: string };

/** A Hookbell in which people talk. */
export async function startHouse({
  env = {},
  dataDir,
  port = 0,
}: {
  env?: Record<string, string>;
  dataDir?: string;
  port?: number;
} = {}) {
  const running = await startHookbell({
    env: { RETRY_SCHEDULE: '20ms,20ms', ...env },
    port,
    ...(dataDir && { dataDir }),
  });
  const { conversations, deps } = running.hookbell;
  return { ...running, conversations, now: () => deps.clock() };
}

/** A user with an API key. */
export async function hire({ hookbell }: House, role: Actor['role'] = 'agent'): Promise<Agent> {
  const user = await userIn(hookbell, role);
  return { ...user, key: await hookbell.accounts.createApiKey(user, 'test', user, Date.now()) };
}

export const calls = (house: House, { key }: Agent) => caller(house.url, key);

/** A bot with takeover on, given to these agents. */
export async function openBot({ hookbell: { bots } }: House, agents: Agent[] = [], changes: object = {}) {
  const input = { name: 'Help desk', welcomeMessage: 'Hello there!', humanTakeover: true, ...changes };
  const bot = await bots.create(newBot.parse(input), commandLine, Date.now());
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
