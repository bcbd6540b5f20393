import type { Answers, Question, Reply, Search } from './answers.js';
import { excerpt, type Relevant, relevant } from './relevance.js';
import { contentWords, isGreeting, searchText } from './words.js';

const candidates = 12;
const quotations = 3;
/** A second passage is quoted only if it says nearly as much of what was asked as the best. */
const nearlyAsGood = 0.2;

/** Answers by quoting the bot's own documents with their sources; says so when nothing in them fits. */
export function quotedAnswers(search: Search): Answers {
  return {
    async answer(question, draft, signal) {
      const reply = await replyTo(question, search);
      signal.throwIfAborted();
      draft.write(reply.content);
      return reply;
    },
    close: async () => {},
  };
}

async function replyTo(question: Question, search: Search): Promise<Reply> {
  if (isGreeting(question.content)) {
    const content = question.bot.welcomeMessage || 'Hello! How can I help?';
    return { content, citations: [], offersHuman: false };
  }
  const found = await passagesFor(question, search);
  return found.length > 0 ? quote(found) : dontKnow(question.mayOfferHuman);
}

async function passagesFor({ bot, content, history }: Question, search: Search): Promise<Relevant[]> {
  for (const asked of readings(content, history)) {
    const passages = await search(bot.id, searchText(asked), candidates);
    const fitting = relevant(asked, passages);
    if (fitting.length > 0) return best(fitting);
  }
  return [];
}

/** The question as it stands, and, if it is a short one, together with the one before: “And in Spain?” */
function readings(content: string, history: Question['history']): string[] {
  const words = contentWords(content);
  const before = history.findLast((turn) => turn.from === 'visitor')?.content;
  const together = before && words.length <= 2 ? [`${before} ${content}`] : [];
  return [...(words.length > 0 ? [content] : []), ...together];
}

function best(fitting: Relevant[]): Relevant[] {
  const most = fitting[0]!.coverage;
  const different = fitting.filter(
    (passage, index) => fitting.findIndex((other) => placeOf(other) === placeOf(passage)) === index,
  );
  return different.filter(({ coverage }) => coverage >= most - nearlyAsGood).slice(0, quotations);
}

const placeOf = ({ title, url }: Relevant) => url ?? title;

function quote(passages: Relevant[]): Reply {
  return {
    content: passages.map((passage) => `“${excerpt(passage)}”\n${source(passage)}`).join('\n\n'),
    citations: passages.map(({ title, url }) => ({ title, url })),
    offersHuman: false,
  };
}

/** One line, so that it can be told from the quotation above it. */
export const source = ({ title, url }: { title: string; url: string | null }) =>
  `— ${[title.replace(/\s+/g, ' ').trim(), url].filter(Boolean).join(', ')}`;

function dontKnow(mayOfferHuman: boolean): Reply {
  const sorry = 'I don’t know: I found nothing about that in what I have read.';
  const content = mayOfferHuman ? `${sorry} Would you like to talk to a human?` : sorry;
  return { content, citations: [], offersHuman: mayOfferHuman };
}
