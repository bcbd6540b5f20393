import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { Deps } from '../deps.js';
import { Forbidden, NotFound } from '../errors.js';
import type { BotChanges, NewBot } from './schema.js';
import { type Bot, botStore } from './store.js';

export type BotService = ReturnType<typeof botService>;

/** What goes with a bot when it is deleted. */
export type Belonging = {
  /** In words for the question before: "3 webhooks"; null if there is none. */
  describe: (botId: string) => Promise<string | null>;
  remove: (tx: Knex.Transaction, botId: string, at: number) => Promise<void>;
};

export function botService({ db, reader }: Pick<Deps, 'db' | 'reader'>) {
  const bots = botStore(reader);
  const belongings: Belonging[] = [];

  /** Throws `NotFound`, and `Forbidden` for an agent whom the bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Bot> {
    const bot = await bots.find(id);
    if (!bot) throw new NotFound('Bot');
    if (actor.role !== 'admin' && !(await bots.isGivenTo(id, actor.id ?? ''))) {
      throw new Forbidden('This bot was not given to you');
    }
    return bot;
  }

  return {
    seenBy,

    list: (actor: Actor, window: Window) => bots.list(window, actor.role === 'admin' ? null : actor.id),

    async create(input: NewBot, actor: Actor, at: number, id = uuid()): Promise<Bot> {
      const bot: Bot = { ...input, id, createdAt: at, updatedAt: at };
      await db.transaction(async (tx) => {
        await botStore(tx).insert(bot);
        await auditLog(tx).record(actor, { action: 'bot.created', subject: bot.name, subjectId: bot.id }, at);
      });
      return bot;
    },

    async change(id: string, changes: BotChanges, actor: Actor, at: number): Promise<Bot> {
      return db.transaction(async (tx) => {
        const bot = await botStore(tx).find(id);
        if (!bot) throw new NotFound('Bot');
        const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
        const changed: Bot = { ...bot, ...given, updatedAt: at };
        await botStore(tx).update(changed);
        const details = { fields: Object.keys(given) };
        await auditLog(tx).record(
          actor,
          { action: 'bot.changed', subject: changed.name, subjectId: id, details },
          at,
        );
        return changed;
      });
    },

    async remove(id: string, actor: Actor, at: number): Promise<void> {
      await db.transaction(async (tx) => {
        const bot = await botStore(tx).find(id);
        if (!bot) throw new NotFound('Bot');
        await botStore(tx).markDeleted(id, at);
        for (const belonging of belongings) await belonging.remove(tx, id, at);
        await auditLog(tx).record(actor, { action: 'bot.deleted', subject: bot.name, subjectId: id }, at);
      });
    },

    /** Other features say here what of theirs belongs to a bot. */
    owns(belonging: Belonging): void {
      belongings.push(belonging);
    },

    async belongingsOf(botId: string): Promise<string[]> {
      const described = await Promise.all(belongings.map((belonging) => belonging.describe(botId)));
      return described.filter((words) => words !== null);
    },

    agentIds: (botId: string) => bots.agentIds(botId),

    async setAgents(botId: string, userIds: string[], actor: Actor, at: number): Promise<void> {
      await db.transaction(async (tx) => {
        const bot = await botStore(tx).find(botId);
        if (!bot) throw new NotFound('Bot');
        await botStore(tx).setAgents(botId, userIds);
        const details = { agents: userIds.length };
        await auditLog(tx).record(
          actor,
          { action: 'bot.agents-set', subject: bot.name, subjectId: botId, details },
          at,
        );
      });
    },
  };
}
