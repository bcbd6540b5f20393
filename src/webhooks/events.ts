import { iso } from '../api/paging.js';
import type { NewEvent } from '../outbox/event.js';

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
    body: JSON.stringify({
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
    body: JSON.stringify({ success: false, reason, bot: bot.name, dataSource: name }),
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
  return told(conversation, 'conversation.started', timestamp, {
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
  return told(conversation, 'conversation.escalated', timestamp, {
    conversation: { ...identity(conversation), state: 'Escalated', userData },
    userEmail,
  });
}

export function conversationClaimed(
  conversation: Conversation,
  { name, email }: { name: string; email: string },
  timestamp: number,
): NewEvent {
  return told(conversation, 'conversation.claimed', timestamp, {
    conversation: { ...identity(conversation), state: 'Active' },
    agent: { name, email },
  });
}

export function conversationReleased(
  conversation: Conversation,
  { name }: { name: string },
  timestamp: number,
): NewEvent {
  return told(conversation, 'conversation.released', timestamp, {
    conversation: { ...identity(conversation), state: 'Resolved' },
    agent: { name },
  });
}

/** The deliveries of one conversation reach a webhook in order: it is their subject. */
function told(conversation: Conversation, type: string, timestamp: number, rest: object): NewEvent {
  return {
    botId: conversation.botId,
    type,
    subject: conversation.id,
    body: JSON.stringify({ event: type, timestamp: iso(timestamp), ...rest }),
  };
}

const identity = ({ id, botId, botName, channelType }: Conversation) => ({ id, botId, botName, channelType });
