import type { Message } from './messages.js';
import type { Conversation } from './store.js';

/** Who talks, by the only name that visitors have. */
export const nameOf = ({ userEmail }: Pick<Conversation, 'userEmail'>) => userEmail ?? 'A visitor';

/** User data, line by line, as text. */
export const factsOf = ({ userData }: Pick<Conversation, 'userData'>) =>
  Object.entries(userData).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));

/** As the pages show it: a link only where it leads to a web page. */
export const messageShown = (message: Message, bot: string) => ({
  ...message,
  who: { visitor: 'Visitor', bot, agent: message.author ?? 'An agent', system: '' }[message.sender],
  citations: message.citations.map(({ title, url }) => ({
    title: title || url || 'A document',
    url: url && /^https?:\/\//i.test(url) ? url : null,
  })),
});

/** What the agent before the page may do. */
export function actionsOf(it: Conversation, actor: { id: string; role: string }) {
  const isMine = it.state === 'Active' && it.claimedBy?.id === actor.id;
  const stepsIn = it.state === 'Bot' || it.state === 'Resolved';
  return {
    isMine,
    mayClaim: it.state === 'Escalated' || (stepsIn && it.channelType === 'web' && it.humanTakeover),
    mayDismiss: it.state === 'Escalated',
    mayRelease: isMine || (it.state === 'Active' && actor.role === 'admin'),
  };
}
