import type { Actor } from '../accounts/actor.js';
import type { NewEvent } from '../outbox/event.js';
import type { EventType } from './catalogue.js';
import {
  conversationClaimed,
  conversationEscalated,
  conversationReleased,
  conversationStarted,
  syncFailed,
  syncSucceeded,
} from './events.js';
import type { Webhook } from './store.js';

type Source = {
  id: string;
  name: string;
  rows: number;
  documents: number;
  tokens: number;
  lastSync: { reason: string | null } | null;
};
type Conversation = {
  id: string;
  channelType: string;
  userEmail: string | null;
  userData: Record<string, unknown>;
  preview: string | null;
  createdAt: number;
};

/** What there is of a bot now: the data source that the webhook hears (or the newest), its latest conversation. */
export type Present = {
  bot: { id: string; name: string };
  source: Source | null;
  conversation: Conversation | null;
  /** Who looks: the agent of the example. */
  actor: Pick<Actor, 'name' | 'email'>;
};

/** The body of the next event as it would be now, indented, and where its values are from, in words. */
export function payloadNow(
  { type }: Pick<Webhook, 'type'>,
  present: Present,
  at: number,
): { body: string; origin: string } {
  const { body } = eventNow(type as EventType['type'], present, at);
  return { body: JSON.stringify(JSON.parse(body), null, 2), origin: originOf(type, present) };
}

function eventNow(type: EventType['type'], present: Present, at: number): NewEvent {
  const { bot, source, conversation, actor } = present;
  const from = { id: source?.id ?? '', name: source?.name ?? 'Product manual', bot };
  const talk = conversation ?? exampleConversation(at);
  const identity = { ...talk, botId: bot.id, botName: bot.name };
  switch (type) {
    case 'sync.success':
      return syncSucceeded(from, {
        totalTokens: source?.tokens ?? 0,
        modifiedRows: 0,
        totalDocuments: source?.documents ?? 0,
        unmodifiedRows: source?.rows ?? 0,
        totalDataSourceRows: source?.rows ?? 0,
      });
    case 'sync.failure':
      return syncFailed(from, source?.lastSync?.reason ?? 'The server answered 503 Service Unavailable');
    case 'conversation.started':
      return conversationStarted(identity, talk.preview, at);
    case 'conversation.escalated':
      return conversationEscalated(identity, talk.userEmail ?? 'robin@example.com', at);
    case 'conversation.claimed':
      return conversationClaimed(identity, actor, at);
    case 'conversation.released':
      return conversationReleased(identity, actor, at);
  }
}

const exampleConversation = (at: number): Conversation => ({
  id: '0197a3c2-5d1e-7c40-9f2b-6a1d3e5f7081',
  channelType: 'web',
  userEmail: null,
  userData: { name: 'Robin', plan: 'pro' },
  preview: 'How do I return an item?',
  createdAt: at,
});

function originOf(type: string, { source, conversation, actor }: Present): string {
  if (type === 'sync.success' && source)
    return `“${source.name}” as it stands, if its next sync finds no change. Rows that are new or changed count as modifiedRows.`;
  if (type === 'sync.failure' && source)
    return source.lastSync?.reason
      ? `“${source.name}”, with the reason of its last sync.`
      : `“${source.name}”, with a reason for example: it has not failed.`;
  if (type.startsWith('sync.')) return 'An example: this bot has no data source yet.';
  const talk = conversation
    ? 'The latest conversation of this bot'
    : 'An example: this bot has no conversation yet';
  const isByAgent = type === 'conversation.claimed' || type === 'conversation.released';
  return isByAgent ? `${talk}, with you (${actor.name}) as the agent.` : `${talk}.`;
}
