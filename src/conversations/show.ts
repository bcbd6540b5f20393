import { iso } from '../api/paging.js';
import type { Message } from './messages.js';
import type { Conversation } from './store.js';

/** As the API shows it, in a list. */
export const showConversation = (it: Conversation) => ({
  id: it.id,
  botId: it.botId,
  channelType: it.channelType,
  state: it.state,
  userEmail: it.userEmail,
  userData: it.userData,
  claimedBy: it.claimedBy,
  createdAt: iso(it.createdAt),
  lastMessageAt: iso(it.lastMessageAt),
});

/** As the API shows one. */
export function showWithMessages(it: Conversation, messages: Message[]) {
  const { createdAt, lastMessageAt, ...rest } = showConversation(it);
  return { ...rest, messages: messages.map(showMessage), createdAt, lastMessageAt };
}

export const showMessage = (message: Message) => ({
  id: message.id,
  number: message.number,
  from: message.sender,
  content: message.content,
  author: message.author,
  citations: message.citations,
  createdAt: iso(message.createdAt),
});

/** As visitors and agents see it while they talk. */
export const showInChat = (message: Message) => ({
  ...showMessage(message),
  kind: message.kind,
  clientId: message.clientId,
  replyTo: message.replyTo,
  offersHuman: message.offersHuman,
});

/** What a visitor may know of the conversation itself: no addresses. */
export const showState = ({ state, claimedBy, channelType, humanTakeover }: Conversation) => ({
  state,
  agent: claimedBy && { name: claimedBy.name },
  mayEscalate: humanTakeover && channelType === 'web' && (state === 'Bot' || state === 'Resolved'),
});
