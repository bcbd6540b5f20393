import type { TextItem } from 'pdfjs-dist/types/src/display/api.js';

/** A line as it stands on its page, measured in the direction in which it is read. */
export type Line = {
  text: string;
  page: number;
  /** By how many degrees it is turned. */
  angle: number;
  isRightToLeft: boolean;
  start: number;
  end: number;
  /** Grows upwards. */
  height: number;
  /** Of its letters, like the other lengths in points. */
  size: number;
  /** Of the first word. */
  wordWidth: number;
  /** There are gaps between its parts as between the cells of a table. */
  hasCells: boolean;
};

type Part = {
  text: string;
  angle: number;
  start: number;
  end: number;
  height: number;
  size: number;
  isRightToLeft: boolean;
};

/** In sizes of the letters. */
const gaps = { word: 0.15, cell: 2, line: 0.5 };

/** The lines of a page, in the order in which they were written to it. */
export function linesOf(items: readonly object[], page: number): Line[] {
  const lines: Line[] = [];
  let parts: Part[] = [];
  for (const item of items) {
    if (!isText(item)) continue;
    const part = partOf(item);
    const before = parts.at(-1);
    if (before && !isSameLine(before, part)) {
      lines.push(lineOf(parts, page));
      parts = [];
    }
    parts.push(part);
  }
  if (parts.length > 0) lines.push(lineOf(parts, page));
  return lines.filter(({ text }) => text !== '');
}

function isText(item: object): item is TextItem {
  return 'str' in item && (item as TextItem).str.trim() !== '';
}

function partOf({ str, transform, width, dir }: TextItem): Part {
  const [a, b, c, d, x, y] = transform as [number, number, number, number, number, number];
  const length = Math.hypot(a, b) || 1;
  const [right, up] = [a / length, b / length];
  const start = x * right + y * up;
  return {
    text: str,
    angle: Math.round((Math.atan2(b, a) * 180) / Math.PI),
    start,
    end: start + width,
    height: y * right - x * up,
    size: Math.round((Math.hypot(c, d) || length) * 10) / 10,
    isRightToLeft: dir === 'rtl',
  };
}

function isSameLine(before: Part, part: Part): boolean {
  if (before.angle !== part.angle) return false;
  const size = Math.max(before.size, part.size);
  if (Math.abs(before.height - part.height) > gaps.line * size) return false;
  // Back on the same height: a part that was written at another time.
  return before.isRightToLeft || part.isRightToLeft || part.start > before.end - size;
}

function lineOf(parts: Part[], page: number): Line {
  const size = usualSize(parts);
  const isRightToLeft = lettersOf(parts.filter((part) => part.isRightToLeft)) * 2 > lettersOf(parts);
  let text = '';
  let hasGaps = false;
  let before: Part | null = null;
  for (const part of isRightToLeft ? fromTheRight(parts) : parts) {
    const gap = before ? (part.start > before.start ? part.start - before.end : before.start - part.end) : 0;
    if (gap > gaps.cell * size) {
      text += ' | ';
      hasGaps = true;
    } else if (gap > gaps.word * size) text += ' ';
    text += part.text;
    before = part;
  }
  const left = Math.min(...parts.map(({ start }) => start));
  const right = Math.max(...parts.map(({ end }) => end));
  const spaced = text.replace(/\s+/g, ' ');
  const tidied = tidy(spaced);
  const { length } = firstWord(tidied);
  return {
    text: tidied,
    page,
    angle: parts[0]!.angle,
    isRightToLeft,
    start: isRightToLeft ? -right : left,
    end: isRightToLeft ? -left : right,
    height: parts[0]!.height,
    size,
    wordWidth: ((right - left) * length) / Math.max(1, tidied.length),
    hasCells: hasGaps || leaders.test(spaced),
  };
}

/** As they are read, whichever way they were written; what is written from the left between them stays so. */
function fromTheRight(parts: Part[]): Part[] {
  const ordered: Part[] = [];
  let run: Part[] = [];
  for (const part of parts.toSorted((a, b) => b.start - a.start)) {
    if (part.isRightToLeft) {
      ordered.push(...run, part);
      run = [];
    } else run.unshift(part);
  }
  return [...ordered, ...run];
}

const lettersOf = (parts: Part[]) => parts.reduce((sum, { text }) => sum + text.length, 0);

/** The size of most of its letters: notes are raised and small. */
function usualSize(parts: Part[]): number {
  const letters = new Map<number, number>();
  for (const { size, text } of parts) letters.set(size, (letters.get(size) ?? 0) + text.length);
  return [...letters].reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}

const stretched = / (?=[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}])(?<=[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}] )/gu;

/** In scripts without spaces a line may end after any character. */
function firstWord(text: string): string {
  return /^(?:[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]|[^\s]+)/u.exec(text)?.[0] ?? '';
}

// The dots that lead to the page number in a table of contents.
const leaders = /(?: ?\.){4,} ?(?:\| )?/;

function tidy(text: string): string {
  return (
    text
      .replaceAll(new RegExp(leaders, 'g'), ' … ')
      // Where a word may be divided, but is not.
      .replace(/\u00ad(?!\s*$)/g, '')
      // The forms that Arabic letters take within a word.
      .replace(/[\ufb50-\ufdff\ufe70-\ufefc]+/g, (forms) => forms.normalize('NFKC'))
      // Bullets of the font Symbol.
      .replace(/[\uf0b7\uf0a7\uf0d8]/g, '•')
      // Lines are stretched between letters where there are no words.
      .replace(stretched, '')
      .trim()
  );
}
