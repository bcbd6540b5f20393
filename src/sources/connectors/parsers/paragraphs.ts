import { isAlike, layoutOf } from './layout.js';
import type { Line } from './lines.js';

/** Lines as text: those of a paragraph joined, words put together that were divided at the end of a line. */
export function inParagraphs(lines: Line[]): string {
  const { isNext, roomAfter } = layoutOf(lines);
  const compounds = compoundsIn(lines);
  const texts: string[] = [];
  for (const [at, line] of lines.entries()) {
    const before = lines[at - 1];
    if (!before) texts.push(line.text);
    else texts.push(...joined(texts.pop()!, line.text, breakBetween(before, line), compounds));
  }
  return texts.join('');

  function breakBetween(before: Line, line: Line): Break {
    if (!isAlike(before, line)) return '\n\n';
    const isElsewhere = before.page !== line.page || line.height - before.height > line.size / 2;
    if (isElsewhere) return goesOn(before.text, line.text) ? ' ' : '\n\n';
    if (!isNext(before, line)) return '\n\n';
    if (before.hasCells || line.hasCells || item.test(line.text)) return '\n';
    const isIndented = line.start - before.start > line.size * 0.8;
    if (isIndented && /[.!?:…”"»)\]]$/.test(before.text)) return '\n\n';
    // There was room for the next word: the line was to end.
    return roomAfter(before) > line.wordWidth + line.size ? '\n' : ' ';
  }
}

/** From the end of a page or column to the start of the next. */
function goesOn(end: string, start: string): boolean {
  return /[\p{L}\p{N},;‐-]$/u.test(end) && /^[\p{Ll}\p{N}(]/u.test(start);
}

type Break = '\n\n' | '\n' | ' ';

// Bullets, dashes, 1. 2) (a)
const item = /^(?:[•‣▪◦●○■□*–—-]\s|\(?(?:\d{1,3}|[a-zA-Z])[.)]\s)/;

function joined(line: string, next: string, between: Break, compounds: Set<string>): string[] {
  const end = /(\p{L}+)[-‐\u00ad]$/u.exec(line)?.[1];
  const start = /^\p{Ll}+/u.exec(next)?.[0];
  if (end && start && between !== '\n\n')
    return compounds.has(`${end}-${start}`.toLowerCase()) ? [line, next] : [line.slice(0, -1), next];
  const isUnspaced = between === ' ' && unspaced.test(line.slice(-1)) && unspaced.test(next.charAt(0));
  return [line, isUnspaced ? '' : between, next];
}

const unspaced = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]/u;

/** Words with a hyphen that stand undivided somewhere: where they are divided, the hyphen is theirs. */
function compoundsIn(lines: Line[]): Set<string> {
  const found = new Set<string>();
  for (const { text } of lines)
    for (const [word] of text.matchAll(/\p{L}+[-‐]\p{Ll}+/gu))
      found.add(word.replace('‐', '-').toLowerCase());
  return found;
}
