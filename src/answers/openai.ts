import type { Agent, Dispatcher } from 'undici';
import { z } from 'zod';
import type { Config } from '../config.js';
import { guardedAgent } from '../net/connect.js';
import { createGuard } from '../net/guard.js';
import { parseRules } from '../net/rules.js';
import type { Answers, Draft, Passage, Question, Reply, Search } from './answers.js';
import { eventData } from './eventStream.js';
import { type ChatMessage, cited, promptFor } from './prompt.js';
import { contentWords, isGreeting, searchText } from './words.js';

/** In ms: until the first word, and until the last. */
export const patience = { first: 30_000, whole: 60_000 };

const passagesGiven = 6;
const longestAnswer = 20_000;
const longestEvent = 1024 * 1024;

/** The model gave no answer that could be used; the message is for the log. */
class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/** Answers by a chat completion of any server that speaks OpenAI's protocol; throws when it gives none. */
export function openaiAnswers(
  { baseUrl = 'https://api.openai.com/v1', apiKey, model = 'gpt-4o-mini' }: Config['openai'],
  search: Search,
  limits = patience,
): Answers {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/chat/completions`);
  const agent = agentFor(url);

  async function ask(messages: ChatMessage[], signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, messages, stream: true }),
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (answer.statusCode === 200) return answer;
    await answer.body.dump({ limit: 64 * 1024, signal }).catch(() => {});
    throw new NoAnswer(`the model's server answered ${answer.statusCode}`);
  }

  return {
    async answer(question, draft, signal): Promise<Reply> {
      const passages = await search(question.bot.id, searchWords(question), passagesGiven);
      const clock = deadlines(limits, signal);
      try {
        const { headers, body } = await ask(promptFor(question, passages), clock.signal);
        let content = '';
        for await (const text of textsOf(String(headers['content-type']), body)) {
          clock.hasBegun();
          content += text;
          if (content.length > longestAnswer) throw new NoAnswer('the answer does not end');
          draft.write(text);
        }
        return finished(content, passages, question, draft);
      } catch (error) {
        signal.throwIfAborted();
        throw clock.signal.aborted ? clock.signal.reason : error;
      } finally {
        clock.stop();
      }
    },
    close: () => agent.destroy(),
  };
}

/** The configured host may be reached wherever it is, and nothing else: there are no redirects. */
function agentFor(url: URL): Agent {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const rules = parseRules(`${url.hostname}:${port}`);
  return guardedAgent(
    createGuard(() => rules),
    { connections: 32, connect: { timeout: 10_000 } },
  );
}

/** A short question is understood by the one before it. */
function searchWords({ content, history }: Question): string {
  const isShort = contentWords(content).length <= 2;
  const before = isShort ? history.findLast(({ from }) => from === 'visitor')?.content : undefined;
  return searchText(`${before ?? ''} ${content}`);
}

function finished(content: string, passages: Passage[], question: Question, draft: Draft): Reply {
  if (content.trim() === '') throw new NoAnswer('the answer is empty');
  const sources = cited(content, passages);
  const list = sources.map(
    ({ number, citation: { title, url } }) => `[${number}] ${[title, url].filter(Boolean).join(', ')}`,
  );
  const ending = list.length > 0 ? `\n\n${list.join('\n')}` : '';
  if (ending) draft.write(ending);
  return {
    content: content.trim() + ending,
    citations: sources.map(({ citation }) => citation),
    // Without a source it was small talk, or it did not know.
    offersHuman: question.mayOfferHuman && sources.length === 0 && !isGreeting(question.content),
  };
}

const choice = z.object({
  delta: z.object({ content: z.string().nullish() }).nullish(),
  message: z.object({ content: z.string().nullish() }).nullish(),
  finish_reason: z.string().nullish(),
});
const completion = z.object({ choices: z.array(choice).optional(), error: z.unknown().optional() });

/** The pieces of an answer. Throws when it breaks off before its end. */
async function* textsOf(type: string, body: Dispatcher.ResponseData['body']): AsyncGenerator<string> {
  // Some servers do not stream, whatever they are asked for.
  if (/json/i.test(type)) {
    yield pieceOf(await wholeOf(body)).text;
    return;
  }
  let ended = false;
  for await (const data of eventData(body, longestEvent)) {
    if (data.trim() === '[DONE]') return;
    const { text, isLast } = pieceOf(data);
    if (text) yield text;
    ended ||= isLast;
  }
  if (!ended) throw new NoAnswer('the answer broke off');
}

async function wholeOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > longestEvent) throw new NoAnswer('the answer does not end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function pieceOf(data: string): { text: string; isLast: boolean } {
  const { choices, error } = completion.parse(JSON.parse(data));
  if (error) throw new NoAnswer(`the model's server sent an error: ${JSON.stringify(error).slice(0, 300)}`);
  const { delta, message, finish_reason } = choices?.[0] ?? {};
  return { text: delta?.content ?? message?.content ?? '', isLast: Boolean(finish_reason) };
}

/** One signal for all that can end the waiting. */
function deadlines({ first, whole }: typeof patience, outer: AbortSignal) {
  const own = new AbortController();
  const late = (ms: number, what: string) =>
    setTimeout(() => own.abort(new NoAnswer(`${what} within ${ms / 1000} s`)), ms);
  const firstWord = late(first, 'no word came');
  const lastWord = late(whole, 'the answer was not complete');
  return {
    signal: AbortSignal.any([own.signal, outer]),
    hasBegun: () => clearTimeout(firstWord),
    stop: () => {
      clearTimeout(firstWord);
      clearTimeout(lastWord);
    },
  };
}
