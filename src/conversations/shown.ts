import type { Message } from './messages.js';
import type { Conversation } from './store.js';

type Visitor = Pick<Conversation, 'userEmail' | 'userData'>;

const longestName = 100;

/** Who talks: by the name that is known of them, else by their address. Nobody has checked either. */
export const nameOf = (visitor: Visitor): string => saidName(visitor) ?? addressOf(visitor) ?? 'A visitor';

/** What stands beside the name: the address, unless it is the name. */
export const besideName = (visitor: Visitor): string | null =>
  saidName(visitor) === null ? null : addressOf(visitor);

const saidName = ({ userData }: Visitor) => inOneLine(userData.name);
const addressOf = ({ userEmail, userData }: Visitor) => userEmail ?? inOneLine(userData.email);

function inOneLine(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const line = value.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > longestName ? `${line.slice(0, longestName).toWellFormed()}…` : line || null;
}

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
