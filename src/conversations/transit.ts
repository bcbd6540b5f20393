import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import { Conflict, Forbidden, NotFound } from '../errors.js';
import type { NewEvent, Outbox } from '../outbox/event.js';
import { conversationClaimed, conversationEscalated, conversationReleased } from '../webhooks/events.js';
import { messageStore } from './messages.js';
import { type Guard, type State, type Step, type Transition, transitions } from './states.js';
import { type Conversation, conversationStore } from './store.js';

export type Move = {
  /** The transitions that will do; at most one of them fits the state. */
  steps: Step[];
  changes?: Record<string, unknown>;
  /** What everybody in the conversation is told. */
  says: (it: Conversation) => string;
  /** It is so already: no error, and nothing happens. */
  isDone?: (it: Conversation) => boolean;
  /** What else is written; returns the conversation as it is then. */
  also?: (tx: Knex.Transaction, it: Conversation) => Promise<Conversation>;
  details?: object;
};

export type Moved = { conversation: Conversation; moved: boolean };

const events: Record<string, (it: Conversation, by: Actor, at: number) => NewEvent> = {
  'conversation.escalated': (it, _by, at) => conversationEscalated(it, it.userEmail ?? '', at),
  'conversation.claimed': conversationClaimed,
  'conversation.released': conversationReleased,
};

/**
 * Takes a conversation from one state to another: the conditional UPDATE, then, only if it found the conversation
 * as it must be, the system message, the audit row and the event. All in the caller's transaction.
 */
export async function transit(
  tx: Knex.Transaction,
  outbox: Outbox,
  id: string,
  move: Move,
  by: Actor,
  at: number,
): Promise<Moved> {
  const store = conversationStore(tx);
  const step = await firstThatMoves(move.steps, (transition) =>
    store.move(id, transition, { last_message_at: at, ...move.changes }, by, at),
  );
  const found = await store.find(id);
  if (!found) throw new NotFound('Conversation');
  if (!step) {
    if (move.isDone?.(found)) return { conversation: found, moved: false };
    throw await whyNot(tx, found, move.steps, by);
  }
  const conversation = move.also ? await move.also(tx, found) : found;
  const { to, event, word }: Transition = transitions[step];
  const messages = messageStore(tx);
  if (to === 'Active') await messages.forgetDue(id);
  await messages.insert(
    { conversationId: id, sender: 'system', kind: word, content: move.says(conversation) },
    at,
  );
  const subject = `${conversation.userEmail ?? 'A visitor'} on ${conversation.botName}`;
  const entry = { action: `conversation.${word}`, subject, subjectId: id, details: move.details ?? {} };
  await auditLog(tx).record(by, entry, at);
  if (event) await outbox.append(tx, events[event]!(conversation, by, at), at);
  return { conversation, moved: true };
}

async function firstThatMoves(
  steps: Step[],
  attempt: (transition: Transition) => Promise<boolean>,
): Promise<Step | null> {
  for (const step of steps) if (await attempt(transitions[step])) return step;
  return null;
}

/** Asks for the conditions one by one, to say which of them it was. */
async function whyNot(tx: Knex, it: Conversation, steps: Step[], by: Actor): Promise<Error> {
  const ways: Transition[] = steps.map((step) => transitions[step]);
  const way = ways.find(({ from }) => from.includes(it.state)) ?? ways[0]!;
  const holds = async (guard: Guard) => {
    const query = tx('conversations').where({ id: it.id });
    guard.holds(query, by);
    return (await query.first('id')) !== undefined;
  };
  if (!way.from.includes(it.state)) {
    const why =
      it.state === 'Active' ? `${winner(it, by)} has claimed this conversation` : standing[it.state];
    return new Conflict(why);
  }
  if (!(await holds(way.who))) return new Forbidden(way.who.otherwise(it));
  for (const guard of way.when) if (!(await holds(guard))) return new Conflict(guard.otherwise(it));
  return new Conflict('The conversation has just changed: try again');
}

const standing: Record<Exclude<State, 'Active'>, string> = {
  Bot: 'The bot has this conversation: nobody has claimed it, and nobody is asked for',
  Escalated: 'This conversation waits for a human: nobody has claimed it yet',
  Resolved: 'This conversation was handed back to the bot already',
};

/** Visitors learn names, but no addresses. */
function winner({ claimedBy }: Conversation, by: Actor): string {
  if (!claimedBy) return 'Another agent';
  return by.id === null ? claimedBy.name : `${claimedBy.name} (${claimedBy.email})`;
}
