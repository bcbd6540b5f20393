import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Request } from 'express';
import { z } from 'zod';
import { hookbell } from '../accounts/actor.js';
import type { BotService } from '../bots/service.js';
import type { Bot } from '../bots/store.js';
import { addressHasher, tokenHash, visitorLimits } from '../conversations/limits.js';
import { content, userEmail } from '../conversations/schema.js';
import type { ConversationService } from '../conversations/service.js';
import { showInChat, showState } from '../conversations/show.js';
import type { Conversation } from '../conversations/store.js';
import type { Deps } from '../deps.js';
import { Forbidden } from '../errors.js';
import type { FormState } from '../http/form.js';

export type FormChat = FormState;

/** In ms: how long a page waits for the bot's answer; later ones are there at the next look. */
const patience = 10_000;
const shownMessages = 200;

const token = z.string().regex(/^[\w-]{43,128}$/);
const clientId = z.string().regex(/^[\w-]{1,64}$/);
const turn = z.object({
  conversation: z.string().max(64).default(''),
  clientId,
  action: z.enum(['send', 'escalate', 'cancel', 'look']).default('send'),
});

/**
 * The chat without JavaScript: each form carries the conversation and its token, as no cookie does, and an id of its
 * own, so that a form that is sent twice says one thing.
 */
export function formChat(
  { clock, vault }: Pick<Deps, 'clock' | 'vault'>,
  bots: Pick<BotService, 'seenBy'>,
  conversations: ConversationService,
) {
  const addressHash = addressHasher(vault);
  const limits = visitorLimits;

  async function talk(req: Request): Promise<{ conversation: Conversation; token: string }> {
    const secret = token.safeParse(req.body.token);
    if (!secret.success) {
      throw new Forbidden(
        'This form is out of date, or was not sent from our page. Load the page again, then repeat.',
      );
    }
    const bot = await bots.seenBy(hookbell, String(req.params.botId));
    const { conversation: id, clientId, action } = turn.parse(req.body);
    const visitor = { tokenHash: tokenHash(secret.data), addressHash: addressHash(req.ip), limits };
    const before = id ? await conversations.ofVisitor(bot.id, id, visitor.tokenHash) : null;
    const email = action === 'escalate' ? z.object({ userEmail }).parse(req.body).userEmail : '';

    if (before && action === 'cancel') await conversations.cancel(before.id, clock());
    const speaks = action === 'send' || (action === 'escalate' && !before);
    const said = speaks ? z.object({ content }).parse(req.body).content : null;
    let conversation = before;
    if (said !== null) {
      const spoken = before
        ? await conversations.visitorSays(before.id, { content: said, clientId }, limits, clock())
        : await conversations.create(
            bot.id,
            { channelType: 'web', initialMessage: said, clientId },
            null,
            visitor,
            clock(),
          );
      conversation = spoken.conversation;
      await Promise.race([spoken.reply, wait(patience, null, { ref: false })]);
    }
    if (!conversation) throw new Forbidden('Write something first.');
    if (action === 'escalate') {
      await conversations.escalate(conversation.id, { userEmail: email }, null, limits, clock());
    }
    return { conversation, token: secret.data };
  }

  /** What the page shows of the conversation that a form names; a new one's token if it names none. */
  async function standing(bot: Bot, { values, problem }: FormChat) {
    const given = token.safeParse(values.token);
    const id = given.success && typeof values.conversation === 'string' ? values.conversation : '';
    const conversation = id ? await conversations.ofVisitor(bot.id, id, tokenHash(given.data!)) : null;
    const messages = conversation ? await conversations.latestMessages(conversation.id, shownMessages) : [];
    const repeated = problem ? clientId.safeParse(values.clientId).data : undefined;
    return {
      token: given.data ?? randomBytes(32).toString('base64url'),
      clientId: repeated ?? randomUUID(),
      conversationId: conversation?.id ?? '',
      state: conversation
        ? showState(conversation)
        : { state: 'Bot', agent: null, mayEscalate: bot.humanTakeover },
      messages: messages.map(showInChat).map(({ citations, ...message }) => ({
        ...message,
        citations: citations.map(({ title, url }) => ({ title, url: url && safeLink(url) })),
      })),
    };
  }

  return { talk, standing };
}

/** Null for anything but http and https: sources are crawled, and say what they like. */
const safeLink = (url: string) =>
  URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? new URL(url).href : null;
