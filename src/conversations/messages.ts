import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import type { Citation } from '../answers/answers.js';

export type Sender = 'visitor' | 'bot' | 'agent' | 'system';

export type Message = {
  id: string;
  conversationId: string;
  /** 1, 2, … within its conversation, without a gap. */
  number: number;
  sender: Sender;
  /** Of a system message: what happened, e.g. `claimed`. */
  kind: string | null;
  content: string;
  author: string | null;
  /** The sender's own id: sent twice, it is stored once. */
  clientId: string | null;
  citations: Citation[];
  /** The bot could not help and a human might. */
  offersHuman: boolean;
  /** The number of the message that this answers. */
  replyTo: number | null;
  createdAt: number;
};

type Optional = 'kind' | 'author' | 'clientId' | 'citations' | 'offersHuman' | 'replyTo';
export type NewMessage = Pick<Message, 'conversationId' | 'sender' | 'content'> &
  Partial<Pick<Message, Optional>> & { authorId?: string | null; replyDueAt?: number | null };

/** Answers that are due: by whom they were not given, or not yet. */
export type Due = { id: string; conversationId: string; dueAt: number };

export function messageStore(connection: Knex) {
  const table = () => connection('messages');
  const ofConversation = (conversationId: string) => table().where({ conversation_id: conversationId });
  const dueAt = (id: string, at: number[]) => table().where({ id }).whereIn('reply_due_at', at);
  return {
    /** Call it in the transaction that touched the conversation. */
    async insert(message: NewMessage, at: number): Promise<Message> {
      const next = '(SELECT coalesce(max(number), 0) + 1 FROM messages WHERE conversation_id = ?)';
      const [row] = await table()
        .insert({
          id: uuid(),
          conversation_id: message.conversationId,
          number: connection.raw(next, [message.conversationId]),
          sender: message.sender,
          kind: message.kind ?? null,
          content: message.content,
          author_id: message.authorId ?? null,
          author_name: message.author ?? null,
          client_id: message.clientId ?? null,
          citations: message.citations?.length ? JSON.stringify(message.citations) : null,
          offers_human: message.offersHuman ?? false,
          reply_to: message.replyTo ?? null,
          reply_due_at: message.replyDueAt ?? null,
          created_at: at,
        })
        .returning('*');
      return fromRow(row);
    },

    async find(id: string): Promise<Message | null> {
      const row = await table().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    async findByClientId(conversationId: string, clientId: string): Promise<Message | null> {
      const row = await ofConversation(conversationId).where({ client_id: clientId }).first();
      return row ? fromRow(row) : null;
    },

    /** In order, those after number `after`. */
    async after(conversationId: string, after: number, limit: number): Promise<Message[]> {
      const rows = await ofConversation(conversationId)
        .where('number', '>', after)
        .orderBy('number')
        .limit(limit);
      return rows.map(fromRow);
    },

    /** In order, the last ones before number `before` (or of all). */
    async latest(conversationId: string, limit: number, before: number | null = null): Promise<Message[]> {
      const rows = await ofConversation(conversationId)
        .modify((query) => before !== null && query.where('number', '<', before))
        .orderBy('number', 'desc')
        .limit(limit);
      return rows.map(fromRow).reverse();
    },

    /** When the `nth` last message of this sender (and kind) was written; null if there are fewer. */
    async timeOfLast(
      conversationId: string,
      nth: number,
      which: Partial<Pick<Message, 'sender' | 'kind'>>,
    ): Promise<number | null> {
      const row = await ofConversation(conversationId)
        .where(which)
        .orderBy('number', 'desc')
        .offset(nth - 1)
        .first('created_at');
      return row ? Number(row.created_at) : null;
    },

    /** Whether it is still due at one of these times, so that nobody else has taken it. */
    async isDue(id: string, at: number[]): Promise<boolean> {
      return (await dueAt(id, at).first('id')) !== undefined;
    },

    /** True for the one who gives the answer. */
    async settleDue(id: string, at: number[]): Promise<boolean> {
      return (await dueAt(id, at).update({ reply_due_at: null })) === 1;
    },

    /** It is due for everybody. */
    async giveDueBack(id: string, at: number[]): Promise<void> {
      await dueAt(id, at).update({ reply_due_at: 0 });
    },

    /** Nothing of this conversation waits for the bot any more. */
    async forgetDue(conversationId: string): Promise<void> {
      await ofConversation(conversationId).whereNotNull('reply_due_at').update({ reply_due_at: null });
    },

    async due(at: number, limit: number): Promise<Due[]> {
      const rows = await table().where('reply_due_at', '<=', at).orderBy('reply_due_at').limit(limit);
      return rows.map((row) => ({
        id: row.id,
        conversationId: row.conversation_id,
        dueAt: Number(row.reply_due_at),
      }));
    },

    /** True for the one process that may try until `until`. */
    async takeDue({ id, dueAt }: Due, until: number): Promise<boolean> {
      return (await table().where({ id, reply_due_at: dueAt }).update({ reply_due_at: until })) === 1;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    number: row.number,
    sender: row.sender,
    kind: row.kind,
    content: row.content,
    author: row.author_name,
    clientId: row.client_id,
    citations: row.citations ? JSON.parse(row.citations) : [],
    offersHuman: Boolean(row.offers_human),
    replyTo: row.reply_to,
    createdAt: Number(row.created_at),
  };
}
