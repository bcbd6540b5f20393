import type { Actor } from '../accounts/actor.js';
import type { Window } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { eventTopics } from './announcer.js';
import { type BotEvent, eventStore, type Told } from './store.js';

export type Poll = { botId: string | null; types: string[]; from: number; limit: number };

/** How many events one query looks through, where not all that it looks at are asked for. */
const stride = 20_000;

export type EventService = ReturnType<typeof eventService>;

/** What happened to bots, for people who wonder what became of it and for receivers that cannot be called. */
export function eventService(
  { reader, live }: Pick<Deps, 'reader' | 'live'>,
  { bots }: { bots: Pick<BotService, 'seenBy'> },
) {
  const store = eventStore(reader);

  async function poll(
    actor: Actor,
    { botId, types, from, limit }: Poll,
  ): Promise<{ events: BotEvent[]; next: number }> {
    if (botId) await bots.seenBy(actor, botId);
    const whose = botId ? { botId } : { agentId: actor.role === 'admin' ? null : (actor.id ?? '') };
    // Asked first: whatever is committed after it is left for the next time, and none is passed over.
    const newest = await store.newest();
    const first = Math.max(from, (await store.oldest()) - 1);
    const step = botId && types.length === 0 ? Number.POSITIVE_INFINITY : stride;
    const events: BotEvent[] = [];
    for (let at = first; at < newest && events.length < limit; at += step) {
      const range = { from: at, to: Math.min(at + step, newest) };
      events.push(...(await store.between(range, whose, types, limit - events.length)));
    }
    const next = events.length === limit ? events.at(-1)!.seq : Math.max(from, newest);
    return { events, next };
  }

  return {
    /** The next events after `from`, oldest first. Throws for a bot that the actor may not see. */
    poll,

    /** The same; when there is none, it waits for one until `until` is aborted. */
    async await(actor: Actor, asked: Poll, until: AbortSignal): ReturnType<typeof poll> {
      let tell = () => {};
      const topic = asked.botId ? eventTopics.ofBot(asked.botId) : eventTopics.all;
      const stop = live.listen(topic, (event) => event === 'event' && tell());
      until.addEventListener('abort', () => tell());
      try {
        for (let from = asked.from; ; ) {
          const told = new Promise<void>((resolve) => {
            tell = resolve;
          });
          const found = await poll(actor, { ...asked, from });
          if (found.events.length > 0) return found;
          from = found.next;
          if (!until.aborted) await told;
          if (until.aborted) return found;
        }
      } finally {
        stop();
      }
    },

    /** Newest first, each with its deliveries. */
    async listOf(
      botId: string,
      type: string | null,
      window: Window,
    ): Promise<(BotEvent & { told: Told[] })[]> {
      const events = await store.listOf(botId, type, window);
      const told = await store.toldOf(events.map(({ seq }) => seq));
      return events.map((event) => ({ ...event, told: told.get(event.seq)! }));
    },
  };
}
