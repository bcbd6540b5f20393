import type { Line } from './lines.js';

export type Layout = ReturnType<typeof layoutOf>;

/** How the lines of a document stand to each other. */
export function layoutOf(lines: Line[]) {
  const spacings = spacingsOf(lines);

  /** Right under the other, as within a paragraph. */
  function isNext(before: Line, line: Line): boolean {
    if (before.page !== line.page || !isAlike(before, line)) return false;
    const down = (before.height - line.height) / line.size;
    return down > -0.5 && down < (spacings.get(line.size) ?? usualSpacing) * 1.2;
  }

  const margins = marginsOf(lines, isNext);
  return {
    isNext,
    /** What is left of the width that a line could have. */
    roomAfter: (line: Line) => margins.get(line)! - line.end,
  };
}

/** Of the same size and direction. */
export function isAlike(one: Line, other: Line): boolean {
  const isSameSize = Math.abs(one.size - other.size) <= Math.max(one.size, other.size) * 0.1;
  return isSameSize && one.angle === other.angle && one.isRightToLeft === other.isRightToLeft;
}

const usualSpacing = 1.3;

/**
 * The distance from line to line within paragraphs for each size of letters, in these sizes: the smallest of those
 * that are found often.
 */
function spacingsOf(lines: Line[]): Map<number, number> {
  const counts = new Map<number, Map<number, number>>();
  for (const [at, line] of lines.entries()) {
    const before = lines[at - 1];
    if (before?.page !== line.page || !isAlike(before, line)) continue;
    const spacing = Math.round(((before.height - line.height) / line.size) * 20) / 20;
    if (spacing < 0.8 || spacing > 3) continue;
    const own = counts.get(line.size) ?? new Map<number, number>();
    counts.set(line.size, own.set(spacing, (own.get(spacing) ?? 0) + 1));
  }
  const spacings = new Map<number, number>();
  for (const [size, own] of counts) {
    const often = Math.max(...own.values()) / 4;
    spacings.set(
      size,
      Math.min(...[...own].filter(([, count]) => count >= often).map(([spacing]) => spacing)),
    );
  }
  return spacings;
}

/**
 * How far each line could have gone: as far as the others of its paragraph, where they are many and about as long,
 * else as the longest that begins at about the same place of the page.
 */
function marginsOf(lines: Line[], isNext: (before: Line, line: Line) => boolean): Map<Line, number> {
  const columns = new Map<string, number>();
  for (const line of lines) {
    const column = columnOf(line);
    columns.set(column, Math.max(columns.get(column) ?? line.end, line.end));
  }
  const margins = new Map<Line, number>();
  let block: Line[] = [];
  for (const [at, line] of lines.entries()) {
    block.push(line);
    const next = lines[at + 1];
    if (next && isNext(line, next)) continue;
    const own = marginOf(block);
    for (const each of block) margins.set(each, own ?? columns.get(columnOf(each))!);
    block = [];
  }
  return margins;
}

function marginOf(block: Line[]): number | null {
  const end = block.reduce((most, line) => Math.max(most, line.end), Number.NEGATIVE_INFINITY);
  const width = end - block.reduce((least, line) => Math.min(least, line.start), Number.POSITIVE_INFINITY);
  const full = block.filter((line) => end - line.end < width / 5).length;
  return block.length > 2 && width > 15 * block[0]!.size && full > block.length / 2 ? end : null;
}

/** Lines that begin at about the same place. */
function columnOf({ page, angle, isRightToLeft, start }: Line): string {
  return `${page} ${angle} ${isRightToLeft} ${Math.round(start / 72)}`;
}
