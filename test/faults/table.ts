/** A page of CSV in which each line says the same words. */
export const table = (rows: number, words: string) => ({
  headers: { 'Content-Type': 'text/csv' },
  body: `id,title,text\n${Array.from({ length: rows }, (_, n) => `${n},Item ${n},The ${words} of line ${n}\n`).join('')}`,
});
