import { iso } from '../api/paging.js';
import { csvLine } from './csv.js';
import type { Filter } from './lists.js';
import type { Message } from './messages.js';
import type { ConversationService } from './service.js';
import { showWithMessages } from './show.js';
import type { Conversation } from './store.js';

type Source = Pick<ConversationService, 'listOf' | 'messagesAfter'>;

const aTime = 200;

const columns = [
  'conversation',
  'started_at',
  'channel',
  'state',
  'user_email',
  'user_data',
  'message',
  'sent_at',
  'from',
  'author',
  'content',
];

/** A line a message; a conversation without any has one line. In pieces, so that no export has to fit into memory. */
export async function* asCsv(source: Source, botId: string, filter: Filter): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const conversation of all(source, botId, filter)) {
    const start = beginning(conversation);
    let isEmpty = true;
    for await (const messages of batches(source, conversation.id)) {
      isEmpty = false;
      yield messages.map((message) => csvLine([...start, ...cellsOf(message)])).join('');
    }
    if (isEmpty) yield csvLine([...start, null, null, null, null, null]);
  }
}

/** An array of conversations with all of their messages, each as the API shows it. */
export async function* asJson(source: Source, botId: string, filter: Filter): AsyncGenerator<string> {
  let before = '[\n';
  for await (const conversation of all(source, botId, filter)) {
    const messages: Message[] = [];
    for await (const some of batches(source, conversation.id)) messages.push(...some);
    yield before + JSON.stringify(showWithMessages(conversation, messages));
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

async function* all(source: Source, botId: string, filter: Filter): AsyncGenerator<Conversation> {
  let after: (string | number)[] | null = null;
  do {
    const { rows, next } = await source.listOf(botId, filter, { limit: aTime, after });
    yield* rows;
    after = next;
  } while (after);
}

async function* batches(source: Source, id: string): AsyncGenerator<Message[]> {
  let last = 0;
  for (;;) {
    const messages: Message[] = await source.messagesAfter(id, last, aTime);
    if (messages.length > 0) yield messages;
    if (messages.length < aTime) return;
    last = messages.at(-1)!.number;
  }
}

const beginning = (it: Conversation) => [
  it.id,
  iso(it.createdAt),
  it.channelType,
  it.state,
  it.userEmail,
  JSON.stringify(it.userData),
];

const cellsOf = (message: Message) => [
  message.number,
  iso(message.createdAt),
  message.sender,
  message.author,
  message.content,
];
