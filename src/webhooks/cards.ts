import { eventTypes, type WebhookType } from './catalogue.js';

export type Card = { type: WebhookType; title: string; description: string; icon: string; incoming: boolean };

const icons: Record<string, string> = { 'sync.success': 'check', 'sync.failure': 'alert-triangle' };

/** What the Webhooks tab offers: the trigger, then every event. */
export const cards: Card[] = [
  {
    type: 'sync.trigger',
    title: 'Trigger a sync',
    description: 'A secret URL: a cron job, CMS or CI calls it, and the data source is synced.',
    icon: 'player-play',
    incoming: true,
  },
  ...eventTypes.map(({ type, title, description }) => ({
    type: type as WebhookType,
    title,
    description,
    icon: icons[type] ?? 'message-circle',
    incoming: false,
  })),
];

/** Its events are of a conversation, and reach a receiver in their order unless that is switched off. */
export const isOrdered = (type: string) => type.startsWith('conversation.');

export const isSourceBound = (type: WebhookType) => type.startsWith('sync.');
