import { expect } from 'chai';
import { chunk } from '../../src/knowledge/chunk.js';
import { countTokens } from '../../src/knowledge/tokens.js';

const sentence = (n: number) => `Sentence number ${n} says something about parcels, prices and patience.`;
const sentences = (count: number) => Array.from({ length: count }, (_, n) => sentence(n));

describe('chunks', () => {
  it('are one for a short text, and none for no text', () => {
    expect(chunk('  Hello, world.\n')).to.deep.equal([{ text: 'Hello, world.', tokens: 4 }]);
    expect(chunk(' \n\t ')).to.deep.equal([]);
  });

  it('have at most 400 tokens, counted as they are stored', () => {
    const pieces = chunk(sentences(500).join(' '));

    expect(pieces.length).to.be.greaterThan(10);
    for (const { text, tokens } of pieces) {
      expect(tokens).to.equal(countTokens(text));
      expect(tokens).to.be.within(150, 400);
    }
  });

  it('begin and end with a sentence, and share about 50 tokens with the one before', () => {
    const pieces = chunk(sentences(200).join(' '));

    for (const [index, { text }] of pieces.entries()) {
      expect(text).to.match(/^Sentence number \d+ says/);
      expect(text).to.match(/patience\.$/);
      const shared = pieces[index + 1]?.text.split('. ')[0];
      if (shared) expect(text).to.include(shared);
    }
  });

  it('end with a paragraph where there is one in the second half', () => {
    const paragraphs = Array.from({ length: 12 }, (_, n) => sentences(n % 2 ? 14 : 9).join(' '));

    const pieces = chunk(paragraphs.join('\n\n'));

    const ends = pieces.filter(({ text }) =>
      paragraphs.some((paragraph) => text.endsWith(paragraph.slice(-60))),
    );
    expect(ends.length).to.equal(pieces.length);
  });

  it('leave no sentence out', () => {
    const all = chunk(sentences(300).join(' '))
      .map(({ text }) => text)
      .join('\n');

    for (const one of sentences(300)) expect(all).to.include(one);
  });

  it('cut what has neither sentences nor words', () => {
    for (const text of [
      'a'.repeat(20_000),
      '漢字'.repeat(5_000),
      '👩‍👩‍👧'.repeat(3_000),
      '1234567890'.repeat(2_000),
    ]) {
      const pieces = chunk(text);

      expect(pieces.length).to.be.greaterThan(1);
      for (const { text, tokens } of pieces) {
        expect(tokens).to.be.at.most(400);
        expect(text.isWellFormed()).to.equal(true);
      }
    }
  });

  it('are made in time that grows with the text, not with its square', () => {
    const hostile = [
      `${sentences(1).join('')} `.repeat(70_000),
      'a'.repeat(1_000_000),
      `a${' '.repeat(1_000_000)}b`,
      'a\n\n'.repeat(100_000),
      '<|endoftext|>'.repeat(10_000),
    ];

    for (const text of hostile) expect(chunk(text).length).to.be.greaterThan(0);
  });

  it('take special tokens for plain text', () => {
    expect(countTokens('<|endoftext|>')).to.equal(7);
    expect(chunk('Say <|endoftext|> or <|im_start|>.')[0]!.text).to.equal(
      'Say <|endoftext|> or <|im_start|>.',
    );
  });
});
