import { messageStore } from '../conversations/messages.js';
import type { Deps } from '../deps.js';
import type { SlackClients } from './client.js';
import { asSlackText } from './events.js';
import { type SlackChannel, slackStore } from './store.js';
import { type Thread, threadStore } from './threads.js';

const lease = 20_000;
/** So that the lease outlasts them, each with the client's timeout. */
const messagesATurn = 2;
const aSweep = 50;
const whileAnswering = 1_000;
const firstWait = 5_000;
const longestWait = 3_600_000;
/** About a day and a half. */
const mostTries = 40;

export type SlackSender = ReturnType<typeof slackSender>;

/**
 * Sends to Slack what was answered. Which threads wait is in the database, so that a process that dies loses nothing:
 * another one looks again when its lease has ended. A message that Slack took in that very moment is sent twice.
 */
export function slackSender(
  { db, clock, log, vault }: Pick<Deps, 'db' | 'clock' | 'log' | 'vault'>,
  clients: Pick<SlackClients, 'post'>,
) {
  const running = new Set<Promise<void>>();

  async function sendTo(conversationId: string): Promise<void> {
    const at = clock();
    const thread = await threadStore(db).take(conversationId, at, at + lease);
    if (!thread) return;
    const channel = await slackStore(db).find(thread.channelId);
    if (!channel?.botToken) return threadStore(db).giveBack(thread, null, clock());
    // First this: whatever is answered after it is found by the next look.
    const isOwed = await isAnswerOwed(conversationId);
    const messages = await messageStore(db).after(conversationId, thread.sent, messagesATurn);
    for (const message of messages) {
      const isAnswer = message.sender === 'bot' || message.sender === 'agent';
      const text = asSlackText(message.content, message.citations);
      if (isAnswer && !(await isPosted(channel, thread, text))) return;
      await threadStore(db).noteSent(conversationId, message.number);
      thread.tries = 0;
    }
    const isMore = messages.length === messagesATurn;
    const now = clock();
    await threadStore(db).giveBack(thread, isMore ? now : isOwed ? now + whileAnswering : null, now);
  }

  /** False when it is to be tried again. */
  async function isPosted(channel: SlackChannel, thread: Thread, text: string): Promise<boolean> {
    const access = { apiUrl: channel.apiUrl, token: vault.open(channel.botToken!) };
    const outcome = await clients.post(access, {
      channel: thread.slackChannel,
      threadTs: thread.threadTs,
      text,
    });
    if (outcome.kind === 'done') {
      if (channel.lastError) await slackStore(db).noteError(channel.id, null);
      return true;
    }
    log.warn({ slack: channel.id, reason: outcome.reason }, 'Slack did not take an answer');
    await slackStore(db).noteError(channel.id, outcome.reason);
    if (outcome.kind === 'refused' || thread.tries >= mostTries) return true;
    const wait = Math.max(outcome.after ?? 0, Math.min(longestWait, firstWait * 2 ** thread.tries));
    await threadStore(db).noteFailure(thread, clock() + wait);
    return false;
  }

  async function isAnswerOwed(conversationId: string): Promise<boolean> {
    const owed = await db('messages')
      .where({ conversation_id: conversationId })
      .whereNotNull('reply_due_at')
      .first('id');
    return owed !== undefined;
  }

  function run(work: () => Promise<void>): Promise<void> {
    const turn = work()
      .catch((error) => log.error({ err: error }, 'answers for Slack wait; they are tried again later'))
      .finally(() => running.delete(turn));
    running.add(turn);
    return turn;
  }

  return {
    sweep: (at: number) =>
      run(async () => {
        const due = await threadStore(db).due(at, aSweep);
        await Promise.all(due.map(sendTo));
      }),

    /** The answer is there. */
    hurry: (conversationId: string) =>
      run(async () => {
        await threadStore(db).hurry(conversationId, clock());
        await sendTo(conversationId);
      }),

    /** With `ownsDatabase` (SQLite), whoever was at a thread is gone. */
    start: async ({ ownsDatabase }: { ownsDatabase: boolean }) => {
      if (ownsDatabase) await threadStore(db).freeAll();
    },

    stop: async () => {
      await Promise.all(running);
    },
  };
}
