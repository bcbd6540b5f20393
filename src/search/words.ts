/** What somebody typed into the search: its words, at most eight. */
export const wordsOf = (typed: string): string[] => typed.split(/\s+/).filter(Boolean).slice(0, 8);

/**
 * A word as `lower()` may have left it: SQLite's knows the letters A to Z only, so that `Über` stays as it is.
 */
export function spellings(word: string): string[] {
  const lower = word.toLowerCase();
  const first = [...lower][0] ?? '';
  const capital = asciiLower(first.toUpperCase() + lower.slice(first.length));
  return [...new Set([lower, capital, asciiLower(word.toUpperCase())])];
}

const asciiLower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** How well a name fits, the lower the better: it is what was typed, begins so, has a word that does, holds it. */
export function rank(name: string, typed: string): number {
  const [own, sought] = [name.toLowerCase(), wordsOf(typed).join(' ').toLowerCase()];
  if (own === sought) return 0;
  if (own.startsWith(sought)) return 1;
  if (own.split(/[^\p{L}\p{N}]+/u).some((word) => word !== '' && word.startsWith(sought))) return 2;
  return own.includes(sought) ? 3 : 4;
}
