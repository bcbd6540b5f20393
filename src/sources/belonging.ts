import type { Belonging } from '../bots/service.js';
import type { Deps } from '../deps.js';
import type { SyncService } from '../syncs/service.js';
import { sourceStore } from './store.js';

/** The data sources of a bot go with it, at once; `purge` removes what belonged to them. */
export function sourcesOfBot({ reader }: Pick<Deps, 'reader'>, syncs: Pick<SyncService, 'drop'>): Belonging {
  return {
    async describe(botId) {
      const { length } = await sourceStore(reader).namesOf(botId);
      const { rows } = await sourceStore(reader).usage(botId);
      if (length === 0) return null;
      return `${counted(length, 'data source')} with ${counted(rows, 'row')}, uploaded files and the history of syncs`;
    },

    async remove(tx, botId, at) {
      for (const { id } of await sourceStore(tx).namesOf(botId)) {
        await sourceStore(tx).markDeleted(id, at);
        await syncs.drop(tx, id);
      }
    },
  };
}

const counted = (count: number, one: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : `${one}s`}`;
