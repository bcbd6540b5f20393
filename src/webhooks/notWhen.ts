import type { WebhookType } from './catalogue.js';

/** What people expect an event for, and there is none. */
export const notWhen: Record<Exclude<WebhookType, 'sync.trigger'>, string> = {
  'sync.success':
    'Not when a sync fails, which has an event of its own, nor while one runs; of several calls that wait for the same sync there is one event.',
  'sync.failure':
    'Not when a single row cannot be read: it is listed at the sync, which goes on. Not when a sync is cut off by a restart: it begins anew.',
  'conversation.started':
    'Not when the chat is merely opened, and not for later messages or a visitor who comes back to the same conversation.',
  'conversation.escalated':
    'Not when the visitor asks a second time while waiting, and not in bots without human takeover, where nobody can ask.',
  'conversation.claimed':
    'Not for agents who came too late, and not when the one who has it already claims it again.',
  'conversation.released':
    'Not when a waiting visitor cancels or an agent dismisses: nobody had taken the conversation over.',
};
