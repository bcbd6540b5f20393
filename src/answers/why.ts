import type { Passage, Reply } from './answers.js';
import { contentWords, isSameWord, wordsOf } from './words.js';

/** A passage, and why it was found. */
export type Explained = Passage & {
  /** Of the question's telling words, those that it holds in its title or text, and those that it does not. */
  found: string[];
  missing: string[];
  /** The answer names it as a source. */
  isCited: boolean;
  /** Its score as a share of the best one, from 0 to 1. */
  share: number;
  /** The text in pieces; those that are words of the question are marked. */
  pieces: { text: string; isHit: boolean }[];
};

export function whyFound(question: string, passages: Passage[], { citations }: Reply): Explained[] {
  const asked = contentWords(question);
  const best = Math.max(...passages.map(({ score }) => score), 0);
  const isWord = (text: string) => {
    const [word] = wordsOf(text);
    return word !== undefined && asked.some((one) => isSameWord(one, word));
  };
  return passages.map((passage) => {
    const held = [...new Set(wordsOf(`${passage.title} ${passage.text}`))];
    const holds = (word: string) => held.some((other) => isSameWord(word, other));
    return {
      ...passage,
      found: asked.filter(holds),
      missing: asked.filter((word) => !holds(word)),
      isCited: citations.some(({ title, url }) => title === passage.title && url === passage.url),
      share: best > 0 ? Math.max(0, passage.score) / best : 0,
      pieces: piecesOf(withoutTitle(passage), isWord),
    };
  });
}

/** The text of a page often begins with its title, which stands above it already. */
function withoutTitle({ title, text }: Passage): string {
  return title !== '' && text.startsWith(`${title}\n`) ? text.slice(title.length).trimStart() : text;
}

/** Words and what is between them; neighbours of one kind are one piece. */
function piecesOf(text: string, isWord: (text: string) => boolean): Explained['pieces'] {
  const pieces: Explained['pieces'] = [];
  for (const part of text.split(/([\p{L}\p{N}\p{M}]+)/u)) {
    if (part === '') continue;
    const isHit = isWord(part);
    const last = pieces.at(-1);
    if (last?.isHit === isHit) last.text += part;
    else pieces.push({ text: part, isHit });
  }
  return pieces;
}
