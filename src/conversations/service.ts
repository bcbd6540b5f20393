import { v7 as uuid } from 'uuid';
import { type Actor, hookbell } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { AccountService } from '../accounts/service.js';
import type { Answers } from '../answers/answers.js';
import type { Window } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { Conflict, Forbidden, NotFound } from '../errors.js';
import type { Outbox } from '../outbox/event.js';
import { conversationStarted } from '../webhooks/events.js';
import { announcer } from './announcer.js';
import { identities } from './identity.js';
import { forgetAddresses, limiter, type VisitorLimits } from './limits.js';
import { conversationLists, type Filter } from './lists.js';
import { type Message, messageStore } from './messages.js';
import { replyLease } from './owed.js';
import { replyDesk } from './replies.js';
import { type Conversation, conversationStore } from './store.js';
import { takeovers } from './takeovers.js';

export type Parts = {
  bots: Pick<BotService, 'seenBy' | 'agentIds'>;
  accounts: Pick<AccountService, 'find' | 'list'>;
  outbox: Outbox;
  answers: Answers;
};

export type NewConversation = {
  channelType: string;
  initialMessage?: string | undefined;
  clientId?: string | null;
  userData?: Record<string, unknown> | undefined;
  userEmail?: string | undefined;
};

/** Where a visitor's conversation comes from, and what it may do; null for the API. */
export type Origin = { tokenHash: string; addressHash: string; limits: VisitorLimits } | null;

/** What was stored; `reply` is fulfilled when the bot has answered, or will not. `isNew`: false for a repetition. */
export type Said = {
  conversation: Conversation;
  message: Message;
  reply: Promise<Message | null>;
  isNew: boolean;
};

export type ConversationService = ReturnType<typeof conversationService>;

const none = Promise.resolve(null);

export function conversationService(
  deps: Pick<Deps, 'config' | 'db' | 'reader' | 'clock' | 'log' | 'live'>,
  { bots, accounts, outbox, answers }: Parts,
) {
  const { db, reader, live } = deps;
  const announce = announcer(live);
  const lists = conversationLists(reader);
  const replies = replyDesk(deps, { answers, botOf: (id) => bots.seenBy(hookbell, id) });

  /** Throws `NotFound`, or `Forbidden` for an agent whom its bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Conversation> {
    const conversation = await conversationStore(reader).find(id);
    if (!conversation) throw new NotFound('Conversation');
    await bots.seenBy(actor, conversation.botId);
    return conversation;
  }

  /** A conversation and, if the visitor wrote already, their first message; `conversation.started` tells of it. */
  async function create(
    botId: string,
    input: NewConversation,
    actor: Actor | null,
    origin: Origin,
    at: number,
  ): Promise<{
    conversation: Conversation;
    message: Message | null;
    reply: Promise<Message | null>;
    isNew: boolean;
  }> {
    const bot = await bots.seenBy(actor ?? hookbell, botId);
    const id = uuid();
    const made = await db.transaction(async (tx) => {
      const store = conversationStore(tx);
      const row = {
        id,
        botId: bot.id,
        channelType: input.channelType,
        userEmail: input.userEmail ?? null,
        userData: input.userData ?? {},
        tokenHash: origin?.tokenHash ?? null,
        addressHash: origin?.addressHash ?? null,
      };
      if (!(await store.insert(row, at))) return null;
      if (origin) await limiter(tx, origin.limits).start(origin.addressHash, at);
      const text = input.initialMessage ?? null;
      const first = { conversationId: id, sender: 'visitor' as const, clientId: input.clientId ?? null };
      const message =
        text === null
          ? null
          : await messageStore(tx).insert({ ...first, content: text, replyDueAt: at + replyLease }, at);
      const conversation = (await store.find(id))!;
      if (actor) {
        const entry = { action: 'conversation.started', subject: bot.name, subjectId: id };
        await auditLog(tx).record(actor, entry, at);
      }
      await outbox.append(tx, conversationStarted(conversation, text, at), at);
      return { conversation, message };
    });
    if (!made) return startedBefore(botId, input, origin!);
    announce.message(made.conversation);
    return {
      ...made,
      reply: made.message ? replies.begin(made.message, at + replyLease) : none,
      isNew: true,
    };
  }

  async function startedBefore(botId: string, { clientId }: NewConversation, origin: NonNullable<Origin>) {
    const conversation = await conversationStore(reader).findByToken(origin.tokenHash);
    const message =
      conversation && (await messageStore(reader).findByClientId(conversation.id, clientId ?? ''));
    if (!conversation || conversation.botId !== botId || !message) {
      throw new Conflict('This token belongs to another conversation');
    }
    return { conversation, message, reply: none, isNew: false };
  }

  /** With `limits`, no more than a visitor may; throws `TooMany`. */
  async function visitorSays(
    id: string,
    { content, clientId = null }: { content: string; clientId?: string | null },
    limits: VisitorLimits | null,
    at: number,
  ): Promise<Said> {
    const until = at + replyLease;
    const said = await db.transaction(async (tx) => {
      const messages = messageStore(tx);
      if (!(await conversationStore(tx).touch(id, at))) throw new NotFound('Conversation');
      const conversation = await conversationStore(tx).find(id);
      if (!conversation) throw new NotFound('Conversation');
      const before = clientId && (await messages.findByClientId(id, clientId));
      if (before) return { conversation, message: before, isNew: false };
      if (limits) await limiter(tx, limits).message(id, at);
      const replyDueAt = conversation.state === 'Active' ? null : until;
      const message = await messages.insert(
        { conversationId: id, sender: 'visitor', content, clientId, replyDueAt },
        at,
      );
      return { conversation, message, isNew: true };
    });
    if (!said.isNew) return { ...said, reply: none };
    announce.message(said.conversation);
    const isAnswered = said.conversation.state !== 'Active';
    return { ...said, reply: isAnswered ? replies.begin(said.message, until) : none };
  }

  /** Only who has claimed the conversation may write. */
  async function agentSays(
    id: string,
    { content, clientId = null }: { content: string; clientId?: string | null },
    agent: Actor & { id: string },
    at: number,
  ): Promise<Said> {
    const said = await db.transaction(async (tx) => {
      const messages = messageStore(tx);
      const isTheirs = await conversationStore(tx).touch(id, at, (update) =>
        update.where({ state: 'Active', claimed_by: agent.id }),
      );
      const conversation = await conversationStore(tx).find(id);
      if (!conversation) throw new NotFound('Conversation');
      if (!isTheirs) throw notTheirs(conversation);
      const before = clientId && (await messages.findByClientId(id, clientId));
      if (before) return { conversation, message: before, isNew: false };
      const author = { author: agent.name, authorId: agent.id };
      const message = await messages.insert(
        { conversationId: id, sender: 'agent', content, clientId, ...author },
        at,
      );
      return { conversation, message, isNew: true };
    });
    if (said.isNew) announce.message(said.conversation);
    return { ...said, reply: none };
  }

  return {
    seenBy,
    create,
    visitorSays,
    agentSays,
    identify: identities(deps, announce),
    ...takeovers(deps, { bots, accounts, outbox, seenBy, announce, callOff: replies.callOff }),

    /** The visitor's conversation by their token; `NotFound` for any other. */
    async ofVisitor(botId: string, id: string, tokenHash: string): Promise<Conversation> {
      const conversation = await conversationStore(reader).findByToken(tokenHash);
      if (conversation?.id !== id || conversation.botId !== botId) throw new NotFound('Conversation');
      return conversation;
    },

    /** In order, the last ones before number `before` (or of all). */
    latestMessages: (id: string, limit: number, before: number | null = null) =>
      messageStore(reader).latest(id, limit, before),

    messagesAfter: (id: string, after: number, limit: number) => messageStore(reader).after(id, after, limit),

    find: (id: string) => conversationStore(reader).find(id),

    listOf: (botId: string, filter: Filter, window: Window) => lists.ofBot(botId, filter, window),

    /** Those that need a human: waiting ones first, the longest on top. Of all bots that this user sees. */
    inbox: (actor: Actor, window: Window) => lists.inbox(actor.role === 'admin' ? null : actor.id, window),

    waiting: (actor: Actor) => lists.waiting(actor.role === 'admin' ? null : actor.id),

    replies,

    /** Removes what belonged to deleted bots, in small steps, and what was kept for the limits of yesterday. */
    async tidy(at: number): Promise<void> {
      await forgetAddresses(db, at);
      await conversationStore(db).removeOfDeletedBots(100);
    },
  };
}

function notTheirs({ state, claimedBy }: Conversation): Error {
  return state === 'Active'
    ? new Forbidden(`${claimedBy ? claimedBy.name : 'Another agent'} has claimed this conversation`)
    : new Conflict('Claim the conversation first: only who has claimed it can write');
}
