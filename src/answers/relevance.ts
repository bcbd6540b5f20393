import type { Passage } from './answers.js';
import { contentWords, isSameWord, wordsOf } from './words.js';

export type Relevant = Passage & {
  /** The words of the question that it holds. */
  found: string[];
  /** Their share of the question's words, from 0 to 1. */
  coverage: number;
};

/**
 * A passage fits when it holds 60 % of the question's words, or five of them. Of one or two words all must be there:
 * “Do you sell unicorns?” is not answered by what else is sold. Of three, two are enough: people say more than
 * documents do. A full-text score alone cannot tell: the best of what does not fit has a good one too.
 */
const share = 0.6;
const enough = 5;

export function relevant(question: string, passages: Passage[]): Relevant[] {
  const asked = contentWords(question);
  if (asked.length === 0) return [];
  const needed = Math.min(enough, Math.ceil(asked.length * share));
  return passages
    .map((passage) => {
      const held = [...new Set(wordsOf(`${passage.title} ${passage.text}`))];
      const found = asked.filter((word) => held.some((other) => isSameWord(word, other)));
      return { ...passage, found, coverage: found.length / asked.length };
    })
    .filter(({ found }) => found.length >= needed)
    .sort((one, other) => other.coverage - one.coverage);
}

const longest = 600;
const mostSentences = 8;
const mostRead = 8000;
const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** The sentences in a row, at most 600 characters, that say most of what was asked, and up to two that follow. */
export function excerpt({ text, found }: Pick<Relevant, 'text' | 'found'>): string {
  const parts = [...sentences.segment(inLines(text))].map(({ segment }) => {
    const words = wordsOf(segment);
    return { text: segment, found: found.filter((word) => words.some((other) => isSameWord(word, other))) };
  });
  let best = { from: 0, to: 1, score: -1 };
  for (let from = 0; from < parts.length; from++) {
    const seen = new Set<string>();
    let length = 0;
    for (let to = from; to < Math.min(parts.length, from + mostSentences); to++) {
      length += parts[to]!.text.length;
      if (length > longest && to > from) break;
      for (const word of parts[to]!.found) seen.add(word);
      // More of what was asked first, then fewer sentences.
      const score = seen.size - (to - from) / 100;
      if (score > best.score) best = { from, to: to + 1, score };
    }
  }
  const { from } = best;
  let { to } = best;
  let length = lengthOf(parts.slice(from, to));
  while (to < parts.length && to < best.to + 2 && length + parts[to]!.text.length <= longest) {
    length += parts[to++]!.text.length;
  }
  const chosen = parts.slice(from, to).map((part) => part.text);
  return (from > 0 ? '… ' : '') + shortened(chosen.join('').replace(/\s+/g, ' ').trim());
}

/** Without empty lines and runs of spaces, and no longer than passages are: the segmenter is slow on what no one writes. */
const inLines = (text: string) =>
  text
    .slice(0, mostRead)
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .join('\n');

const lengthOf = (parts: { text: string }[]) => parts.reduce((sum, part) => sum + part.text.length, 0);

function shortened(text: string): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest).toWellFormed();
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), longest - 60))} …`;
}
