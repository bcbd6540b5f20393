/** The known word that shares the longest beginning with `word`; null when none shares any. */
export function nearest(word: string, known: string[]): string | null {
  const bare = (text: string) => text.replace(/^-+/, '');
  const shared = (other: string) => {
    const [one, two] = [bare(word), bare(other)];
    let length = 0;
    while (length < one.length && one[length] === two[length]) length += 1;
    return length;
  };
  const best = known.toSorted((one, other) => shared(other) - shared(one))[0];
  return best !== undefined && shared(best) > 0 ? best : null;
}
