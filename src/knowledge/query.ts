import { pairsIn, unspaced } from './pairs.js';

/** So many words of what was asked are looked for. */
const mostWords = 40;
const shortestPrefix = 3;

// English words that stand in nearly every document: looked for only if nothing else was asked.
const frequent = new Set(
  `a about an and any are as at be been but by can could did do does for from had has have he her him his how i if in
  into is it its me my no not of on or our out she should so some such than that the their them then there these they
  this to too up us was we were what when where which who whom why will with would you your`.split(/\s+/),
);

/** The words to look for, and those of them that should stand side by side. */
export type Asked = { words: string[]; together: string[] };

/** Null when there is no word in what a person typed. */
export function wordsAsked(typed: string): Asked | null {
  const chunks = typed.normalize('NFC').split(/\s+/).map(wordsIn);
  const words = [...new Set(chunks.flat())];
  const telling = words.filter((word) => !frequent.has(word.toLowerCase()));
  const chosen = (telling.length > 0 ? telling : words).slice(0, mostWords);
  if (chosen.length === 0) return null;
  // Words that were written as one (`e-mail`, `SKU-1234`) count more when they stand side by side.
  const together = chunks.filter(({ length }) => length > 1).map((chunk) => chunk.join(' '));
  return { words: chosen, together: together.slice(0, mostWords) };
}

/** The words of which any beginning counts: for when the words as they stand find nothing. */
export function beginningsAsked(typed: string): string[] {
  const words = [...new Set(wordsIn(typed.normalize('NFC')))];
  return words
    .filter((word) => word.length >= shortestPrefix || pairsIn(word).length > 0)
    .slice(0, mostWords);
}

/** Words as the index has them: where they are written without spaces, pairs of characters. */
function wordsIn(text: string): string[] {
  const words = text.replace(unspaced, ' ').match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return [...words, ...pairsIn(text)];
}
