import type { Live } from '../http/live.js';

/** Heard by whoever follows a bot, and by whoever follows them all. */
export const eventTopics = { ofBot: (botId: string) => `bot:${botId}`, all: 'events' };

/** Tells open pages and receivers that wait that something happened to a bot. */
export const eventAnnouncer = (live: Pick<Live, 'publish'>) => (botId: string) => {
  live.publish(eventTopics.ofBot(botId), 'event');
  live.publish(eventTopics.all, 'event');
};
