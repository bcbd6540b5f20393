/** So many words of what was asked are looked for. */
const mostWords = 40;
const shortestPrefix = 3;

// English words that stand in nearly every document: looked for only if nothing else was asked.
const frequent = new Set(
  `a about an and any are as at be been but by can could did do does for from had has have he her him his how i if in
  into is it its me my no not of on or our out she should so some such than that the their them then there these they
  this to too up us was we were what when where which who whom why will with would you your`.split(/\s+/),
);

/**
 * What a person typed as a query of SQLite's FTS5 (sqlite.org/fts5.html, 3): documents with any of the words, those
 * with words that were written as one (`e-mail`, `SKU-1234`) side by side before others. Everything is quoted, so that
 * nothing the person types is an operator. Null when there is no word in it.
 */
export function anyWord(typed: string): string | null {
  const terms = [...new Set(typed.normalize('NFC').split(/\s+/).flatMap(termsOf))];
  const telling = terms.filter((term) => !frequent.has(term.toLowerCase()));
  const chosen = (telling.length > 0 ? telling : terms).slice(0, mostWords);
  return chosen.length > 0 ? chosen.map(quoted).join(' OR ') : null;
}

/** The same for words that begin so: for when the words as they stand find nothing. */
export function anyBeginning(typed: string): string | null {
  const words = [...new Set(wordsIn(typed.normalize('NFC')))].filter(
    ({ length }) => length >= shortestPrefix,
  );
  const chosen = words.slice(0, mostWords);
  return chosen.length > 0 ? chosen.map((word) => `${quoted(word)} *`).join(' OR ') : null;
}

function termsOf(chunk: string): string[] {
  const words = wordsIn(chunk);
  return words.length > 1 ? [words.join(' '), ...words] : words;
}

const wordsIn = (text: string): string[] => text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

const quoted = (term: string) => `"${term.replaceAll('"', '""')}"`;
