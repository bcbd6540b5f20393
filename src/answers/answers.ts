import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { openaiAnswers } from './openai.js';
import { quotedAnswers } from './quoted.js';

export type Passage = {
  dataSourceId: string;
  title: string;
  url: string | null;
  text: string;
  score: number;
};

/** The passages of a bot's documents that fit some of these words, the best first. */
export type Search = (botId: string, words: string, limit: number) => Promise<Passage[]>;

/** A place in the bot's documents that a reply was taken from. */
export type Citation = { title: string; url: string | null };

export type Turn = { from: 'visitor' | 'bot' | 'agent'; content: string };

export type Question = {
  bot: { id: string; name: string; instructions: string; welcomeMessage: string };
  /** What was said before, oldest first. */
  history: Turn[];
  content: string;
  /** The visitor could ask for a human now. */
  mayOfferHuman: boolean;
};

export type Reply = { content: string; citations: Citation[]; offersHuman: boolean };

/** Where a reply can be watched while it comes into being. */
export type Draft = {
  write: (text: string) => void;
  /** What was written so far does not count, because of this error; what answers instead begins. */
  restart: (because: unknown) => void;
};

/** `answer` throws when it cannot, and the signal's reason when it is called off. */
export type Answers = {
  answer: (question: Question, draft: Draft, signal: AbortSignal) => Promise<Reply>;
  /** Lets go of its connections. */
  close: () => Promise<void>;
};

/** A language model where one is configured, else (and whenever it fails) quotations. */
export function answersFrom(
  { config, log }: { config: Pick<Config, 'openai'>; log: Logger },
  search: Search,
): Answers {
  const quoted = quotedAnswers(search);
  if (!config.openai.baseUrl && !config.openai.apiKey) return quoted;
  return withFallback(openaiAnswers(config.openai, search), quoted, log);
}

export function withFallback(first: Answers, second: Answers, log: Logger): Answers {
  return {
    async answer(question, draft, signal) {
      try {
        return await first.answer(question, draft, signal);
      } catch (error) {
        signal.throwIfAborted();
        log.warn({ err: error, bot: question.bot.id }, 'the language model did not answer; quoting instead');
        draft.restart(error);
        return second.answer(question, draft, signal);
      }
    },
    close: async () => {
      await first.close();
      await second.close();
    },
  };
}
