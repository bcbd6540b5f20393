import type { Mailer } from '../mail/mailer.js';
import type { Chore } from '../schedule.js';
import type { ConversationService } from './service.js';

export function conversationChores(conversations: ConversationService, mailer: Mailer): Chore[] {
  return [
    { name: 'mails', every: '*/5 * * * * *', run: mailer.sweep },
    { name: 'owed replies', every: '*/10 * * * * *', run: conversations.replies.sweep },
    { name: 'old conversations', every: '40 * * * * *', isForOne: true, run: conversations.tidy },
    { name: 'old mails', every: '45 17 * * * *', isForOne: true, run: mailer.prune },
  ];
}
