import { z } from 'zod';
import { content } from '../conversations/schema.js';

/** What Slack calls with (docs.slack.dev: Events API); other fields are passed over. */
export const slackCall = z.union([
  z.object({ type: z.literal('url_verification'), challenge: z.string().max(1000) }),
  z.object({
    type: z.literal('event_callback'),
    team_id: z.string().default(''),
    event: z.object({
      type: z.string(),
      subtype: z.string().optional(),
      channel: z.string().optional(),
      channel_type: z.string().optional(),
      user: z.string().optional(),
      bot_id: z.string().optional(),
      text: z.string().optional(),
      ts: z.string().optional(),
      thread_ts: z.string().optional(),
    }),
  }),
  z.object({ type: z.string() }),
]);
export type SlackEvent = Extract<z.infer<typeof slackCall>, { event: object }>['event'];

/** Something that a person said to the bot, or in its hearing. */
export type Utterance = {
  slackChannel: string;
  /** Null outside of threads in a direct channel, which is one conversation. */
  threadTs: string | null;
  ts: string;
  user: string;
  text: string;
  /** It begins a conversation; otherwise it counts only where there is one. */
  isAddressed: boolean;
};

/** Null for what is none: an edit, a message of a bot (its own among them), one without words. */
export function utteranceIn(event: SlackEvent, botUser: string | null): Utterance | null {
  const { type, subtype, channel, user, ts } = event;
  if (type !== 'app_mention' && type !== 'message') return null;
  if (subtype && subtype !== 'file_share' && subtype !== 'thread_broadcast') return null;
  if (!channel || !user || !ts || event.bot_id || user === botUser) return null;
  const text = content.safeParse(plain(event.text ?? '', botUser).slice(0, 8000));
  if (!text.success) return null;
  const isDirect = event.channel_type === 'im';
  const threadTs = event.thread_ts ?? (isDirect ? null : ts);
  const isAddressed = type === 'app_mention' || isDirect;
  return { slackChannel: channel, threadTs, ts, user, text: text.data, isAddressed };
}

/** As it was typed: without the bot's own name, links as their words or addresses, and without Slack's escapes. */
function plain(text: string, botUser: string | null): string {
  return text
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (mention, id) => (id === botUser ? '' : mention))
    .replace(/<((?:https?|mailto):[^|>]+)\|?([^>]*)>/g, (_link, address, words) => words || address)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** What was answered, as Slack reads it, with the sources as links beneath. */
export function asSlackText(text: string, citations: { title: string; url: string | null }[]): string {
  const sources = citations.map(({ title, url }) =>
    url
      ? `• <${escaped(url).replaceAll('|', '%7C')}|${escaped(title || url).replaceAll('|', '¦')}>`
      : `• ${escaped(title)}`,
  );
  return [escaped(text), ...(sources.length > 0 ? ['', ...sources] : [])].join('\n');
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
