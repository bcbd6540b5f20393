import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import type { AccountService } from '../accounts/service.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { Invalid, Refusal } from '../errors.js';
import { mailStore } from '../mail/store.js';
import type { Outbox } from '../outbox/event.js';
import type { announcer } from './announcer.js';
import { limiter, type VisitorLimits } from './limits.js';
import { messageStore } from './messages.js';
import { escalationNotice } from './notice.js';
import { userData as userDataSchema } from './schema.js';
import { type Conversation, conversationStore } from './store.js';
import { type Move, type Moved, transit } from './transit.js';

type Parts = {
  bots: Pick<BotService, 'seenBy' | 'agentIds'>;
  accounts: Pick<AccountService, 'find' | 'list'>;
  outbox: Outbox;
  seenBy: (actor: Actor, id: string) => Promise<Conversation>;
  announce: ReturnType<typeof announcer>;
  callOff: (conversationId: string) => void;
};

export type Escalation = { userEmail: string; userData?: Record<string, unknown> | undefined };

const theVisitor: Actor = { id: null, name: 'Visitor', email: '', role: 'agent' };

/** From the bot to a human and back: one function a row of the contract's table. */
export function takeovers(
  { config, db }: Pick<Deps, 'config' | 'db'>,
  { bots, accounts, outbox, seenBy, announce, callOff }: Parts,
) {
  async function take(id: string, move: Move, by: Actor, at: number): Promise<Moved> {
    const outcome = await db.transaction((tx) => transit(tx, outbox, id, move, by, at));
    if (outcome.moved) {
      if (outcome.conversation.state === 'Active') callOff(id);
      announce.state(outcome.conversation);
    }
    return outcome;
  }

  /** In a place of its own in the transaction: what is known of the visitor, and the mail that somebody waits. */
  async function asked(
    tx: Knex.Transaction,
    it: Conversation,
    { userData }: Escalation,
    limits: VisitorLimits | null,
    at: number,
  ): Promise<Conversation> {
    if (limits) await limiter(tx, limits).escalation(it.id, at);
    const conversation = { ...it, userData: { ...it.userData, ...userData } };
    if (userData) {
      requireRoom(conversation.userData);
      await conversationStore(tx).setUserData(it.id, conversation.userData);
    }
    if (config.smtpUrl && it.notificationEmail) {
      const messages = await messageStore(tx).latest(it.id, 10);
      const notice = escalationNotice(conversation, messages, it.notificationEmail, config.publicUrl);
      await mailStore(tx).append(notice, at);
    }
    return conversation;
  }

  return {
    /** `by` is null for the visitor, who is held to `limits`. Escalating what waits already changes nothing. */
    escalate: (id: string, given: Escalation, by: Actor | null, limits: VisitorLimits | null, at: number) =>
      take(
        id,
        {
          steps: ['escalate'],
          changes: { user_email: given.userEmail },
          says: () => 'A human was asked to join.',
          isDone: (it) => it.state === 'Escalated',
          also: (tx, it) => asked(tx, it, given, limits, at),
        },
        by ?? theVisitor,
        at,
      ),

    /** Takes a conversation that waits, or steps in unasked. One of many wins; the winner may ask again. */
    async claim(id: string, agent: Actor & { id: string }, at: number): Promise<Moved> {
      await seenBy(agent, id);
      const move: Move = {
        steps: ['claim', 'stepIn'],
        changes: { claimed_by: agent.id, claims: db.raw('claims + 1') },
        says: () => `${agent.name} joined the conversation.`,
        isDone: (it) => it.state === 'Active' && it.claimedBy?.id === agent.id,
      };
      return take(id, move, agent, at);
    },

    /** Hands back to the bot. */
    async release(id: string, agent: Actor, at: number): Promise<Moved> {
      await seenBy(agent, id);
      const says = (it: Conversation) => `${it.lastAgent?.name ?? 'The agent'} left. The bot answers again.`;
      return take(id, { steps: ['release'], says }, agent, at);
    },

    /** To another agent who has access to the bot. */
    async transfer(id: string, toUserId: string, agent: Actor, at: number): Promise<Moved> {
      const conversation = await seenBy(agent, id);
      const next = await accounts.find(toUserId);
      if (!next) throw new Invalid([{ path: 'agent', message: 'There is no such user' }]);
      await requireAccess(next, conversation.botId);
      const move: Move = {
        steps: ['transfer'],
        changes: { claimed_by: next.id },
        says: () => `${next.name} joined in place of ${conversation.claimedBy?.name ?? 'the agent'}.`,
        details: { to: next.email },
      };
      return take(id, move, agent, at);
    },

    /** The visitor does not want a human any more. */
    cancel: (id: string, at: number) =>
      take(id, { steps: ['cancel'], says: () => 'The request for a human was withdrawn.' }, theVisitor, at),

    /** No human will come. */
    async dismiss(id: string, agent: Actor, at: number): Promise<Moved> {
      await seenBy(agent, id);
      const says = () => 'Nobody can join at the moment. The bot goes on answering.';
      return take(id, { steps: ['dismiss'], says }, agent, at);
    },

    /** Who could be given a conversation of this bot. */
    async agentsFor(botId: string): Promise<{ id: string; name: string; email: string }[]> {
      const given = new Set(await bots.agentIds(botId));
      const users = await accounts.list();
      return users.filter((user) => user.role === 'admin' || given.has(user.id));
    },
  };

  async function requireAccess(user: Actor, botId: string): Promise<void> {
    try {
      await bots.seenBy(user, botId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Invalid([{ path: 'agent', message: `This bot was not given to ${user.name}` }]);
    }
  }
}

export function requireRoom(userData: Record<string, unknown>): void {
  const checked = userDataSchema.safeParse(userData);
  if (!checked.success) throw new Invalid([{ path: 'userData', message: 'At most 16 KB of JSON in all' }]);
}
