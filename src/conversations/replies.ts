import type { Answers, Draft, Question, Turn } from '../answers/answers.js';
import type { Bot } from '../bots/store.js';
import type { Deps } from '../deps.js';
import { announcer } from './announcer.js';
import { type Message, messageStore } from './messages.js';
import { owedAnswers, replyLease } from './owed.js';
import { type Conversation, conversationStore } from './store.js';

const turnsBefore = 20;
const aSweep = 500;
const apology = 'Something went wrong on my side, so I have no answer. Please ask again in a moment.';

type Parts = { answers: Answers; botOf: (id: string) => Promise<Bot> };

/** A reply that is being written; `text` is what there is of it. */
export type UnderWay = { replyTo: number; text: string };

export type Replies = ReturnType<typeof replyDesk>;

/**
 * Lets the bot answer. A visitor's message says in the database that an answer is due, so that a process that dies
 * owes it still; the answer is stored only while it is due and nobody has claimed the conversation since it began.
 */
export function replyDesk(
  { db, reader, clock, log, live }: Pick<Deps, 'db' | 'reader' | 'clock' | 'log' | 'live'>,
  { answers, botOf }: Parts,
) {
  const announce = announcer(live);
  const underWay = new Map<string, UnderWay & { calledOff: AbortController }>();
  /** The end of each conversation's queue: its messages are answered one after another. */
  const queues = new Map<string, Promise<Message | null>>();
  const owed = owedAnswers({ db, clock, log }, callOff);
  let stopped = false;

  /**
   * The bot's reply, once it is stored; null when there is none, and then there will be none by this call. `until` is
   * when others may take up the message, as it stands in the database.
   */
  function begin(message: Message, until: number): Promise<Message | null> {
    const id = message.conversationId;
    owed.add(message.id, id, until);
    const turn = (queues.get(id) ?? Promise.resolve(null))
      .then(() => (stopped ? null : reply(message)))
      .catch((error: Error) => {
        log.error({ err: error, conversation: id }, 'a reply could not be stored; it is tried again later');
        return null;
      })
      .finally(async () => {
        if (stopped) await owed.giveBack(message.id);
        else owed.remove(message.id);
        if (queues.get(id) === turn) queues.delete(id);
      });
    queues.set(id, turn);
    return turn;
  }

  async function reply(message: Message): Promise<Message | null> {
    const { conversationId: id, number: replyTo } = message;
    const conversation = await conversationStore(reader).find(id);
    const isDue = await owed.isOurs(reader, message.id);
    if (!conversation || conversation.state === 'Active' || !isDue) return null;

    const writing = { replyTo, text: '', calledOff: new AbortController() };
    underWay.set(id, writing);
    const stopListening = live.listen(`conversation:${id}`, (event) => {
      if (event === 'state') void callOffIfTaken(conversation);
    });
    tell(id, 'draft', { replyTo, text: '' });
    let stored: Message | null = null;
    try {
      const question = await questionOf(conversation, message);
      const given = await answered(question, draftOf(id, writing), writing.calledOff.signal);
      stored = given && (await commit(conversation, message, given));
      return stored;
    } finally {
      stopListening();
      underWay.delete(id);
      if (stored) announce.message(conversation);
      else tell(id, 'dropped', { replyTo });
    }
  }

  function callOff(conversationId: string): void {
    underWay.get(conversationId)?.calledOff.abort();
  }

  /** Somebody may have claimed it through another process. */
  async function callOffIfTaken({ id, claims }: Conversation): Promise<void> {
    const now = await conversationStore(reader)
      .find(id)
      .catch(() => null);
    if (now && now.claims !== claims) callOff(id);
  }

  async function questionOf(conversation: Conversation, message: Message): Promise<Question> {
    const bot = await botOf(conversation.botId);
    const before = await messageStore(reader).latest(conversation.id, turnsBefore, message.number);
    const history = before.flatMap(({ sender, content }): Turn[] =>
      sender === 'system' ? [] : [{ from: sender, content }],
    );
    const mayOfferHuman =
      conversation.channelType === 'web' && bot.humanTakeover && conversation.state !== 'Escalated';
    return { bot, history, content: message.content, mayOfferHuman };
  }

  /** Null when it was called off. */
  async function answered(question: Question, draft: Draft, signal: AbortSignal) {
    try {
      return await answers.answer(question, draft, signal);
    } catch (error) {
      if (signal.aborted) return null;
      log.error({ err: error, bot: question.bot.id }, 'the bot could not answer');
      return { content: apology, citations: [], offersHuman: question.mayOfferHuman };
    }
  }

  async function commit(
    { id, claims }: Conversation,
    message: Message,
    {
      content,
      citations,
      offersHuman,
    }: { content: string; citations: Message['citations']; offersHuman: boolean },
  ): Promise<Message | null> {
    const at = clock();
    return db.transaction(async (tx) => {
      const isStillOurs = await conversationStore(tx).touch(id, at, (update) =>
        update.where({ claims }).whereNot('state', 'Active'),
      );
      if (!isStillOurs || !(await owed.settle(tx, message.id))) return null;
      const text = content.replaceAll('\0', '').toWellFormed();
      const reply = { conversationId: id, sender: 'bot' as const, content: text, citations, offersHuman };
      return messageStore(tx).insert({ ...reply, replyTo: message.number }, at);
    });
  }

  function draftOf(id: string, writing: UnderWay & { calledOff: AbortController }): Draft {
    const isOff = () => writing.calledOff.signal.aborted;
    return {
      write(text) {
        if (isOff()) return;
        writing.text += text;
        tell(id, 'delta', { replyTo: writing.replyTo, text });
      },
      restart() {
        if (isOff()) return;
        writing.text = '';
        tell(id, 'draft', { replyTo: writing.replyTo, text: '' });
      },
    };
  }

  async function takeUp(owedBefore: number, at: number): Promise<void> {
    if (stopped) return;
    const store = messageStore(db);
    for (const due of await messageStore(reader).due(owedBefore, aSweep)) {
      const until = at + replyLease;
      if (owed.has(due.id) || !(await store.takeDue(due, until))) continue;
      const message = await store.find(due.id);
      if (message) void begin(message, until);
    }
  }

  async function givenBack(): Promise<void> {
    await Promise.all(queues.values());
  }

  function tell(id: string, event: string, details: object): void {
    live.tell(`conversation:${id}`, event, details);
  }

  return {
    begin,

    underWay: (conversationId: string): UnderWay | null => underWay.get(conversationId) ?? null,

    /** Somebody claimed it: what the bot was about to say is not said. */
    callOff,

    /** Gives the answers that a process owed and did not give. */
    sweep: (at: number) => takeUp(at, at),

    /** With `ownsDatabase` (SQLite), whatever is owed was left by a process that is gone. */
    async start({ ownsDatabase }: { ownsDatabase: boolean }): Promise<void> {
      const at = clock();
      await takeUp(ownsDatabase ? Number.MAX_SAFE_INTEGER : at, at);
    },

    /** What is being written is left to others, or to the next start; and so is what comes later. */
    async stop(): Promise<void> {
      stopped = true;
      for (const { calledOff } of underWay.values()) calledOff.abort();
      await givenBack();
      await answers.close();
    },

    /** Once it has stopped: until all that it owes is left to others. */
    givenBack,
  };
}
