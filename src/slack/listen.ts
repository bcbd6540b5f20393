import { createHmac } from 'node:crypto';
import { visitorLimits } from '../conversations/limits.js';
import type { ConversationService, Said } from '../conversations/service.js';
import { conversationStore } from '../conversations/store.js';
import type { Deps } from '../deps.js';
import { Conflict } from '../errors.js';
import type { Utterance } from './events.js';
import type { SlackSender } from './sender.js';
import type { SlackChannel } from './store.js';
import { threadStore } from './threads.js';

type Parts = {
  conversations: Pick<ConversationService, 'create' | 'visitorSays'>;
  sender: Pick<SlackSender, 'hurry'>;
};

type Stored = Pick<Said, 'conversation' | 'reply'>;

// Who may write in a channel is Slack's to say.
const many = 1_000_000;
const limits = { ...visitorLimits, startsAMinute: many, open: many };

/** What is said in Slack is said in conversations: a thread each, and one for a direct channel outside of threads. */
export function slackListener(
  { db, vault, log }: Pick<Deps, 'db' | 'vault' | 'log'>,
  { conversations, sender }: Parts,
) {
  const key = vault.derive('threads in Slack');

  /** Known again by it; nobody has a token that it would be the hash of. */
  function nameOf({ id }: SlackChannel, { slackChannel, threadTs }: Utterance): string {
    return createHmac('sha256', key)
      .update(JSON.stringify([id, slackChannel, threadTs]))
      .digest('hex');
  }

  async function said(channel: SlackChannel, utterance: Utterance, at: number): Promise<Stored | null> {
    const tokenHash = nameOf(channel, utterance);
    // The time of a message is its id within a channel: sent again, or told of by two events, it is stored once.
    const message = { content: utterance.text, clientId: `slack:${utterance.ts}` };
    const goOn = async () => {
      const begun = await conversationStore(db).findByToken(tokenHash);
      return begun && conversations.visitorSays(begun.id, message, null, at);
    };
    const known = await goOn();
    if (known || !utterance.isAddressed) return known;
    const origin = { tokenHash, addressHash: `slack ${channel.id}`, limits };
    const userData = { slackUser: utterance.user };
    const input = {
      channelType: 'slack',
      initialMessage: message.content,
      clientId: message.clientId,
      userData,
    };
    return conversations.create(channel.botId, input, null, origin, at).catch((error) => {
      // Another message of the thread began it in between.
      if (error instanceof Conflict) return goOn();
      throw error;
    });
  }

  /** When it returns, what was said is stored, and so is that its answer has to be sent. */
  return async function hear(channel: SlackChannel, utterance: Utterance, at: number): Promise<void> {
    const stored = await said(channel, utterance, at);
    if (!stored) return;
    const { conversation, reply } = stored;
    const { slackChannel, threadTs } = utterance;
    await threadStore(db).asked(
      { conversationId: conversation.id, channelId: channel.id, slackChannel, threadTs },
      at,
    );
    reply
      .then(() => sender.hurry(conversation.id))
      .catch((error) => log.error({ err: error }, 'an answer for Slack waits for the next look'));
  };
}
