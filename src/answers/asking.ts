import type { Config } from '../config.js';
import { adviceOn } from './advice.js';
import type { Answers, Draft, Question, Reply, Search } from './answers.js';
import { type Explained, whyFound } from './why.js';
import { contentWords, searchText } from './words.js';

/** What a bot answers, and how it came to that. */
export type Asked = {
  reply: Reply;
  /** `problem`: why it is quoted although there is a model, and what to do. */
  by: { kind: 'model' } | { kind: 'quotation'; problem: string | null };
  /** The words by which an answer can be recognised. */
  words: string[];
  passages: Explained[];
};

export type Asking = ReturnType<typeof asking>;

const shown = 10;
const unwatched: Draft = { write: () => {}, restart: () => {} };

/** Asks a bot as a visitor would, without a conversation: nothing is stored, and no event happens. */
export function asking(
  { config }: { config: Pick<Config, 'openai'> },
  { answers, search }: { answers: Answers; search: Search },
) {
  const { openai } = config;
  const hasModel = Boolean(openai.baseUrl || openai.apiKey);

  return {
    hasModel,

    /** Throws the signal's reason when it is called off. `watched` sees the answer come into being. */
    async ask(
      bot: Question['bot'],
      content: string,
      signal: AbortSignal,
      watched: Draft = unwatched,
    ): Promise<Asked> {
      let failure: unknown = null;
      const draft: Draft = {
        write: watched.write,
        restart(because) {
          failure = because;
          watched.restart(because);
        },
      };
      const [passages, reply] = await Promise.all([
        search(bot.id, searchText(content) || content, shown),
        answers.answer({ bot, history: [], content, mayOfferHuman: false }, draft, signal),
      ]);
      const problem = failure === null ? null : adviceOn(failure, openai);
      return {
        reply,
        by: hasModel && problem === null ? { kind: 'model' } : { kind: 'quotation', problem },
        words: contentWords(content),
        passages: whyFound(content, passages, reply),
      };
    },
  };
}
