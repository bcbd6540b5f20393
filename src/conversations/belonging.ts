import type { Belonging } from '../bots/service.js';
import type { Deps } from '../deps.js';

/** A bot that is deleted hides its conversations at once; a chore removes them bit by bit. */
export function conversationsOfBots({ reader }: Pick<Deps, 'reader'>): Belonging {
  return {
    async describe(botId) {
      const [row] = await reader('conversations').where({ bot_id: botId }).count({ count: '*' });
      const count = Number(row?.count ?? 0);
      return count === 0 ? null : `${count.toLocaleString('en')} conversation${count === 1 ? '' : 's'}`;
    },
    remove: async () => {},
  };
}
