import type { Live } from '../http/live.js';
import type { Sync } from './store.js';

type Told = Pick<Sync, 'id' | 'sourceId' | 'status' | 'done' | 'total' | 'current'>;

/** Tells the pages of the bot, and those of the source alone (which hear of every source's last word). */
export function announce(live: Live, botId: string, sync: Told): void {
  const { id, sourceId, status, done, total, current } = sync;
  const details = { sourceId, syncId: id, status, done, total, current };
  live.publish(`bot:${botId}`, 'sync', details);
  live.publish(`source:${sourceId}`, 'sync', details);
}
