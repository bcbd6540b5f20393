import { border, type Stretch, stretches } from './borders.js';
import { countTokens } from './tokens.js';

/** One searchable piece of a row; `tokens` are the o200k_base tokens of its text. */
export type Piece = { text: string; tokens: number };

/** Tokens of a piece at most, and those that it shares with the piece before. */
const most = 400;
const overlap = 50;
// A piece of what has few tokens for its length (white space, one letter over and over) ends here.
const mostCharacters = 3_000;

/**
 * Cuts a text into pieces of about 400 tokens, at the end of a paragraph or else of a sentence. A piece begins with
 * the last sentences, about 50 tokens, of the one before.
 */
export function chunk(text: string): Piece[] {
  const whole = text.trim();
  if (whole === '') return [];
  if (whole.length <= mostCharacters) {
    const tokens = countTokens(whole);
    if (tokens <= most) return [{ text: whole, tokens }];
  }
  // Between two stretches of nothing but white space there is no text.
  return [...cut(whole)].filter((piece) => piece.text !== '');
}

function* cut(text: string): Generator<Piece> {
  let held: Stretch[] = [];
  let isNew = false;
  for (const stretch of stretches(text)) {
    while (isNew && isFull(held, stretch)) {
      const end = bestEnd(held);
      yield piece(text, held.slice(0, end));
      const start = bestStart(held, end);
      // The part that is shared is no reason to write a piece.
      isNew = held.length > end;
      held = held.slice(start);
    }
    if (isFull(held, stretch)) held = [];
    held.push(stretch);
    isNew = true;
  }
  if (isNew) yield piece(text, held);
}

function isFull(held: Stretch[], next: Stretch): boolean {
  if (held.length === 0) return false;
  return tokensOf(held) + next.tokens > most || next.end - held[0]!.start > mostCharacters;
}

/** Where the piece ends, in the second half of what is held: the latest of the best borders. */
function bestEnd(held: Stretch[]): number {
  let [best, end] = [-1, held.length];
  let tokens = 0;
  const half = tokensOf(held) / 2;
  for (const [index, stretch] of held.entries()) {
    tokens += stretch.tokens;
    if (tokens > half && stretch.ends >= best) [best, end] = [stretch.ends, index + 1];
  }
  return end;
}

/** Where the next piece begins: at the earliest start of a sentence among the last 50 tokens, else of a word. */
function bestStart(held: Stretch[], end: number): number {
  let [best, start] = [-1, end];
  let tokens = 0;
  for (let index = end - 1; index > 0; index--) {
    tokens += held[index]!.tokens;
    if (tokens > overlap) break;
    const begins = Math.min(held[index - 1]!.ends, border.sentence);
    if (begins >= best) [best, start] = [begins, index];
  }
  return start;
}

function piece(text: string, held: Stretch[]): Piece {
  const part = text.slice(held[0]!.start, held.at(-1)!.end).trim();
  // A copy: V8's slice would keep the whole text alive.
  const own = Buffer.from(part, 'utf8').toString('utf8');
  return { text: own, tokens: countTokens(own) };
}

const tokensOf = (held: Stretch[]) => held.reduce((sum, { tokens }) => sum + tokens, 0);
