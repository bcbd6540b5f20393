import type { NewMail } from '../mail/store.js';
import type { Message } from './messages.js';
import type { Conversation } from './store.js';

const lastWords = 5;
const mostOfEach = 500;

/** Tells the people behind a bot that somebody waits for them. */
export function escalationNotice(
  it: Conversation,
  messages: Message[],
  to: string,
  publicUrl: string,
): NewMail {
  const said = messages
    .filter(({ sender }) => sender !== 'system')
    .slice(-lastWords)
    .map(({ sender, content }) => `${sender}: ${shortened(content)}`);
  return {
    to,
    subject: `${it.userEmail} asks for a human on ${it.botName}`,
    text: [
      `${it.userEmail} talks with ${it.botName} and asked for a human.`,
      `Claim the conversation: ${publicUrl}/app/conversations/${it.id}`,
      ...(said.length > 0 ? ['What was said last:', ...said] : []),
    ].join('\n\n'),
  };
}

const shortened = (text: string) =>
  text.length > mostOfEach ? `${text.slice(0, mostOfEach).toWellFormed()} …` : text;
