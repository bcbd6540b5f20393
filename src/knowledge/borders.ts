import { countTokens } from './tokens.js';

/** How good a place the end of a stretch is to cut a text. */
export const border = { word: 0, sentence: 1, paragraph: 2 } as const;

/** A part of a text, from `start` to `end`; together they are the whole text. */
export type Stretch = { start: number; end: number; tokens: number; ends: number };

/** Tokens of the longest stretch: the finest step at which a text can be cut or overlap. */
const mostTokens = 50;
const mostCharacters = 200;
// Intl.Segmenter takes time with the square of what it is given.
const reach = 2_000;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** Cuts a text into sentences, and sentences that are too long between words, or wherever there are none. */
export function* stretches(text: string): Generator<Stretch> {
  for (const paragraph of paragraphs(text)) {
    for (const sentence of sentencesIn(text, paragraph.start, paragraph.end)) {
      const ends = sentence.end === paragraph.end ? border.paragraph : border.sentence;
      yield* shortEnough(text, sentence.start, sentence.end, ends);
    }
  }
}

type Span = { start: number; end: number };

function* paragraphs(text: string): Generator<Span> {
  const breaks = /\n[^\S\n]*\n\s*/g;
  let start = 0;
  for (let found = breaks.exec(text); found; found = breaks.exec(text)) {
    yield { start, end: breaks.lastIndex };
    start = breaks.lastIndex;
  }
  if (start < text.length) yield { start, end: text.length };
}

/** A sentence that is longer than `reach` may be cut there. */
function* sentencesIn(text: string, from: number, to: number): Generator<Span> {
  let start = from;
  while (start < to) {
    const window = text.slice(start, Math.min(start + reach, to));
    const isLast = start + window.length === to;
    const found = [...sentences.segment(window)].map(({ segment }) => segment.length);
    // The last one may go on behind the window.
    if (!isLast && found.length > 1) found.pop();
    for (const length of found) {
      yield { start, end: start + length };
      start += length;
    }
  }
}

function* shortEnough(text: string, start: number, end: number, ends: number): Generator<Stretch> {
  const tokens = end - start <= mostCharacters ? countTokens(text.slice(start, end)) : null;
  if (tokens !== null && (tokens <= mostTokens || end - start < 2)) {
    yield { start, end, tokens, ends };
    return;
  }
  const middle = cutWithin(text, start, end);
  if (middle <= start || middle >= end) {
    yield { start, end, tokens: tokens ?? mostTokens, ends };
    return;
  }
  yield* shortEnough(text, start, middle, border.word);
  yield* shortEnough(text, middle, end, ends);
}

/** After the white space next to the middle (or to the longest that is allowed), else in between two characters. */
function cutWithin(text: string, start: number, end: number): number {
  const aim = Math.min(start + mostCharacters, start + Math.floor((end - start) / 2));
  for (let at = aim; at > start + (aim - start) / 2; at--) {
    if (/\s/.test(text[at - 1]!) && !/\s/.test(text[at] ?? '')) return at;
  }
  const splitsPair = /[\uDC00-\uDFFF]/.test(text[aim]!) && aim - 1 > start;
  return splitsPair ? aim - 1 : aim;
}
