import type { Request, Response } from 'express';
import type { Deps } from '../deps.js';
import type { ConversationService } from './service.js';
import { showInChat, showState } from './show.js';

const aTime = 200;

/**
 * Follows one conversation by server-sent events: `state` {state, agent, mayEscalate} at once and after each change;
 * `message` with its number as the event's id; and of a reply that is being written `draft` {replyTo, text} (all there
 * is, in place of what was shown), `delta` {replyTo, text} (what is added) and `dropped` {replyTo} (it will not come).
 *
 * What is told of messages is only that there are some: they are read from the database, in order and from where the
 * reader is, so that whatever happens between the two, none is lost and none comes twice.
 */
export function transcripts({ live, log }: Pick<Deps, 'live' | 'log'>, conversations: ConversationService) {
  return function follow(req: Request, res: Response, id: string, after: number): void {
    const stream = live.open(req, res);
    let last = after;
    let shownState = '';
    let told: Told[] = [];
    let telling = false;

    async function readOn(): Promise<void> {
      const conversation = await conversations.find(id);
      if (!conversation) return stream.end();
      while (stream.isOpen()) {
        const messages = await conversations.messagesAfter(id, last, aTime);
        for (const message of messages) {
          last = message.number;
          stream.send('message', showInChat(message), message.number);
        }
        if (messages.length < aTime) break;
      }
      const state = showState(conversation);
      if (JSON.stringify(state) === shownState) return;
      shownState = JSON.stringify(state);
      stream.send('state', state);
    }

    /** Of a reply under way: what there is of it, in place of all that was told of it before. */
    function showDraft(): void {
      told = told.filter(isHint);
      const writing = conversations.replies.underWay(id);
      if (writing) stream.send('draft', { replyTo: writing.replyTo, text: writing.text });
    }

    async function tell(): Promise<void> {
      if (telling) return;
      telling = true;
      try {
        for (let next = told.shift(); next && stream.isOpen(); next = told.shift()) {
          if (!isHint(next)) stream.send(next.event, next.details);
          else if (!told[0] || !isHint(told[0])) await readOn();
          if (next.event === 'opened') showDraft();
        }
      } catch (error) {
        log.error({ err: error, conversation: id }, 'a stream could not be read on; the reader comes back');
        stream.end();
      } finally {
        telling = false;
      }
    }

    function hear(event: string, details: object): void {
      told.push({ event, details });
      void tell();
    }

    stream.onClose(live.listen(`conversation:${id}`, hear));
    hear('opened', {});
  };
}

type Told = { event: string; details: object };

/** It says only that there is something to read. */
const isHint = ({ event }: Told) => event === 'message' || event === 'state' || event === 'opened';
