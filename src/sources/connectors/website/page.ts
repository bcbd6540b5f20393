import { isUtf8 } from 'node:buffer';
import { type Cheerio, type CheerioAPI, loadBuffer } from 'cheerio';
import type { Element } from 'domhandler';
import { SourceError } from '../connector.js';
import { readable } from '../readable.js';
import { linkedAddress } from './address.js';

export type Page = {
  title: string;
  /** The main text without navigation, scripts and styles; empty if there is none. */
  text: string;
  /** Addresses to follow, each once, in the order of the page. */
  links: string[];
  /** The address the page says it is to be known by. */
  canonical: string | null;
  noindex: boolean;
  /** It has scripts but no text: a browser would make some. */
  needsScript: boolean;
};

const mostLinks = 10_000;
const deepest = 1000;

// Elements that never nest, or that end where the next one of their kind begins.
const shallow = new Set(
  'area base br col embed hr img input link meta source track wbr p li dt dd tr td th thead tbody option'.split(
    ' ',
  ),
);

// A form round the whole page is how ASP.NET builds pages.
const never =
  'script, style, noscript, template, iframe, svg, nav, aside, form:not(:has(main, article, h1)), ' +
  '[hidden]:not([hidden=until-found]), [aria-hidden=true], [role=navigation], [role=search], [role=dialog]';
const notInBody = 'header, footer, [role=banner], [role=contentinfo]';

/** Reads a page of HTML in any charset. `selector` names the main text; where it finds nothing the usual places do. */
export function pageFrom(
  body: Buffer,
  { url, charset, selector }: { url: string; charset?: string | null; selector?: string },
): Page {
  mustNotBeDeep(body);
  const $ = loadBuffer(body, {
    encoding: {
      transportLayerEncodingLabel: charset ?? undefined,
      // Where nothing names a charset, most pages are UTF-8 today, and the others what a browser would take them for.
      defaultEncoding: isUtf8(body) ? 'utf-8' : 'windows-1252',
    },
  });
  const base = linkedAddress($('base[href]').first().attr('href'), url) ?? url;
  const robots = $('meta[name=robots i], meta[name=hookbell i]').attr('content') ?? '';
  const links = /\b(nofollow|none)\b/i.test(robots) ? [] : linksIn($, base);
  const canonical = linkedAddress($('link[rel~=canonical i][href]').attr('href'), base);
  const hasScript = $('script').length > 0;
  const title = inOneLine($('title:not(svg title)').first().text()) || inOneLine($('h1').first().text());
  const text = mainText($, selector);
  return {
    title,
    text,
    links,
    canonical,
    noindex: /\b(noindex|none)\b/i.test(robots),
    needsScript: !text && hasScript,
  };
}

function linksIn($: CheerioAPI, base: string): string[] {
  const elements = $(
    'a[href]:not([rel~=nofollow i]), area[href], frame[src], link[rel~=next i][href]',
  ).toArray();
  const refresh = /url\s*=\s*["']?([^"'>]+)/i.exec(
    $('meta[http-equiv=refresh i]').attr('content') ?? '',
  )?.[1];
  const hrefs = [refresh, ...elements.map(({ attribs }) => attribs.href ?? attribs.src)];
  const links = hrefs.map((href) => linkedAddress(href, base)).filter((link) => link !== null);
  return [...new Set(links)].slice(0, mostLinks);
}

function mainText($: CheerioAPI, selector: string | undefined): string {
  $(never).remove();
  for (const wanted of [selector, 'main, [role=main]', 'article']) {
    const text = wanted ? textOf($, outermost($, wanted)) : '';
    if (text) return text;
  }
  $(notInBody).remove();
  return textOf($, $('body'));
}

function outermost($: CheerioAPI, selector: string): Cheerio<Element> {
  const found = $(selector) as Cheerio<Element>;
  return found.filter((_index, element) => !$(element).parents(selector).length);
}

function textOf($: CheerioAPI, elements: Cheerio<Element>): string {
  return elements
    .toArray()
    .map((element) => readable($.html(element)))
    .filter(Boolean)
    .join('\n\n');
}

/** The parser takes time by the square of the depth, and what comes after it recurses; real pages are not a tenth as deep. */
function mustNotBeDeep(body: Buffer): void {
  let depth = 0;
  // The same for every charset, as tags are ASCII: in UTF-16 only NUL lies between its letters.
  for (const [, end, name = ''] of body
    .toString('latin1')
    .replaceAll('\0', '')
    .matchAll(/<(\/?)([a-z][^\s/>]*)/gi)) {
    if (shallow.has(name.toLowerCase())) continue;
    depth = end ? Math.max(0, depth - 1) : depth + 1;
    if (depth > deepest) throw new SourceError('the page is nested too deeply to be read');
  }
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
