/**
 * Scripts whose words are written without spaces between them (or, in Korean, with endings): the tokenizer of the index
 * would take half a sentence for one word.
 */
export const unspaced =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}々ー]+/gu;

/** Of such writing, each character with the one after it; a character that stands alone, alone. */
export function pairsIn(text: string): string[] {
  return (text.match(unspaced) ?? []).flatMap((run) => {
    const characters = [...run];
    if (characters.length === 1) return characters;
    return characters.slice(1).map((character, at) => characters[at]! + character);
  });
}
