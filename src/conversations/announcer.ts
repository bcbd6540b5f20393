import type { Live } from '../http/live.js';
import type { Conversation } from './store.js';

/**
 * Tells whoever looks, after the commit: `conversation:{id}` hears of every change, and `inbox` (admins) and
 * `inbox:{botId}` (its agents) that their lists have changed. Readers look into the database, so that a lost
 * or doubled word here loses or doubles nothing.
 */
export function announcer(live: Live) {
  function inboxes({ botId }: Pick<Conversation, 'botId'>, event: string): void {
    live.publish('inbox', event);
    live.publish(`inbox:${botId}`, event);
  }
  return {
    message(conversation: Pick<Conversation, 'id' | 'botId' | 'state'>): void {
      live.tell(`conversation:${conversation.id}`, 'message');
      // What visitors and bots say to each other is in no inbox.
      if (['Escalated', 'Active'].includes(conversation.state)) inboxes(conversation, 'changed');
    },
    state(conversation: Conversation): void {
      live.tell(`conversation:${conversation.id}`, 'state');
      inboxes(conversation, 'changed');
      if (conversation.state === 'Escalated') inboxes(conversation, 'escalated');
    },
  };
}
