import { compile, type FormatCallback } from 'html-to-text';
import { parsed } from './parsed.js';

const row: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 1 });
  const cells = element.children.filter(({ name }) => name === 'td' || name === 'th');
  for (const [at, cell] of cells.entries()) {
    if (at) builder.addInline(' | ');
    walk(cell.children, builder);
  }
  builder.closeBlock({ trailingLineBreaks: 1 });
};

const block = { leadingLineBreaks: 2, trailingLineBreaks: 2 };

const convert = compile({
  wordwrap: false,
  formatters: { row },
  limits: { maxInputLength: undefined, maxDepth: 500, ellipsis: '' },
  selectors: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    ...['img', 'script', 'style', 'noscript', 'template', 'svg', 'iframe', 'button', 'select'].map(
      (selector) => ({ selector, format: 'skip' }),
    ),
    ...['section', 'dl', 'figure', 'details'].map((selector) => ({
      selector,
      format: 'block',
      options: block,
    })),
    ...['dt', 'dd', 'figcaption', 'summary', 'address', 'caption'].map((selector) => ({
      selector,
      format: 'block',
      options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
    })),
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'hr', format: 'skip' },
    { selector: 'ul', options: { itemPrefix: '- ' } },
    { selector: 'tr', format: 'row' },
  ],
});

/** HTML as plain text: paragraphs apart, lists with dashes, a table's row on a line with `|` between its cells. */
export function readable(html: string): string {
  return convert(html)
    .split('\n')
    .map((line) => (isEmptyRow.test(line) ? '' : line.trimEnd()))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

// Of a table that only gives a page its form.
const isEmptyRow = /^[\s|]+$/;

const tag =
  /<(p|br|div|span|a|b|i|em|strong|ul|ol|li|h[1-6]|table|img|pre|code|blockquote|section|article|figure)\b[^<]*>/i;
const entity = /&(#\d+|#x[\da-f]+|[a-z]{2,8});/i;

// The converter takes time by the square of the depth, which the parser of pages does not let grow.
const mostUnparsed = 250_000;

/** HTML or plain text, whichever it seems to be, as plain text. */
export function readableIfHtml(text: string): string {
  // Lines are kept apart in what is plain: there they are all the form it has.
  const isHtml = (text.includes('<') && tag.test(text)) || (!text.includes('\n') && entity.test(text));
  if (!isHtml) return text.trim();
  return readable(text.length > mostUnparsed ? parsed(Buffer.from(text), 'utf-8').html() : text);
}
