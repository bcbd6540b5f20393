import type { z } from 'zod';
import { iso } from '../api/paging.js';
import type { NewEvent } from '../outbox/event.js';
import type * as bodies from './bodies.js';

/** The text that is sent; its keys stay in the order they are written in. */
const bodyOf = <S extends z.ZodType>(body: z.output<S>) => JSON.stringify(body);

/** The counters of a sync; the key order is the contract's. Counts, and o200k_base tokens. */
export type SyncResults = {
  totalTokens: number;
  modifiedRows: number;
  totalDocuments: number;
  unmodifiedRows: number;
  totalDataSourceRows: number;
};

type Source = { id: string; name: string; bot: { id: string; name: string } };

export function syncSucceeded({ id, name, bot }: Source, results: SyncResults): NewEvent {
  const { totalTokens, modifiedRows, totalDocuments, unmodifiedRows, totalDataSourceRows } = results;
  return {
    botId: bot.id,
    type: 'sync.success',
    sourceId: id,
    body: bodyOf<typeof bodies.syncSuccess>({
      success: true,
      results: { totalTokens, modifiedRows, totalDocuments, unmodifiedRows, totalDataSourceRows },
      bot: bot.name,
      dataSource: name,
    }),
  };
}

export function syncFailed({ id, name, bot }: Source, reason: string): NewEvent {
  return {
    botId: bot.id,
    type: 'sync.failure',
    sourceId: id,
    body: bodyOf<typeof bodies.syncFailure>({ success: false, reason, bot: bot.name, dataSource: name }),
  };
}

type Conversation = {
  id: string;
  botId: string;
  botName: string;
  channelType: string;
};

/** `timestamp` in integer ms. */
export function conversationStarted(
  conversation: Conversation & { createdAt: number },
  initialMessage: string | null,
  timestamp: number,
): NewEvent {
  return told<typeof bodies.conversationStarted>(conversation, {
    event: 'conversation.started',
    timestamp: iso(timestamp),
    conversation: {
      ...identity(conversation),
      ...(initialMessage !== null && { initialMessage }),
      createdAt: iso(conversation.createdAt),
    },
  });
}

export function conversationEscalated(
  conversation: Conversation & { userData: Record<string, unknown> },
  userEmail: string,
  timestamp: number,
): NewEvent {
  const { userData } = conversation;
  return told<typeof bodies.conversationEscalated>(conversation, {
    event: 'conversation.escalated',
    timestamp: iso(timestamp),
    conversation: { ...identity(conversation), state: 'Escalated', userData },
    userEmail,
  });
}

export function conversationClaimed(
  conversation: Conversation,
  { name, email }: { name: string; email: string },
  timestamp: number,
): NewEvent {
  return told<typeof bodies.conversationClaimed>(conversation, {
    event: 'conversation.claimed',
    timestamp: iso(timestamp),
    conversation: { ...identity(conversation), state: 'Active' },
    agent: { name, email },
  });
}

export function conversationReleased(
  conversation: Conversation,
  { name }: { name: string },
  timestamp: number,
): NewEvent {
  return told<typeof bodies.conversationReleased>(conversation, {
    event: 'conversation.released',
    timestamp: iso(timestamp),
    conversation: { ...identity(conversation), state: 'Resolved' },
    agent: { name },
  });
}

/** The deliveries of one conversation reach a webhook in order: it is their subject. */
function told<S extends z.ZodType<{ event: string }>>(
  { id, botId }: Conversation,
  body: z.output<S>,
): NewEvent {
  return { botId, type: body.event, subject: id, body: bodyOf<S>(body) };
}

const identity = ({ id, botId, botName, channelType }: Conversation) => ({ id, botId, botName, channelType });
