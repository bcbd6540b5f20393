import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import type { announcer } from './announcer.js';
import { type Conversation, conversationStore } from './store.js';
import { requireRoom } from './takeovers.js';

/** Adds what is said of a visitor to what is known of them. Throws `Invalid` when that is over 16 KB in all. */
export function identities({ db }: Pick<Deps, 'db'>, announce: ReturnType<typeof announcer>) {
  return async (id: string, userData: Record<string, unknown>): Promise<Conversation> => {
    const { conversation, isNews } = await db.transaction(async (tx) => {
      const store = conversationStore(tx);
      const before = await store.userDataToChange(id);
      if (!before) throw new NotFound('Conversation');
      const after = { ...before, ...userData };
      requireRoom(after);
      // A page says it again each time that it is loaded.
      const isNews = JSON.stringify(after) !== JSON.stringify(before);
      if (isNews) await store.setUserData(id, after);
      const conversation = await store.find(id);
      if (!conversation) throw new NotFound('Conversation');
      return { conversation, isNews };
    });
    if (isNews) announce.message(conversation);
    return conversation;
  };
}
