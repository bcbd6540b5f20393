import { countTokens as count, setMergeCacheSize } from 'gpt-tokenizer/encoding/o200k_base';

// The cache keeps pieces of the texts alive, and so the texts: a small one serves nearly as well.
setMergeCacheSize(5_000);

// Whoever writes <|endoftext|> means these characters.
const asPlainText = { disallowedSpecial: new Set<string>() };

/**
 * The o200k_base tokens of a text. Takes time with the square of the longest run without a border (100,000 times
 * one letter): give it pieces of at most a few thousand characters.
 */
export const countTokens = (text: string): number => count(text, asPlainText);
