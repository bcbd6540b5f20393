import type { CheerioAPI } from 'cheerio';
import { parsed } from '../parsed.js';
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
  /** It has scripts but no text, or only what they are to replace: a browser would make some. */
  needsScript: boolean;
  /** The selector found nothing, so that the text is where it usually is. */
  lacksSelected: boolean;
};

const mostLinks = 10_000;

// A form round the whole page is how ASP.NET builds pages.
const never =
  'script, style, noscript, template, iframe, svg, nav, aside, form:not(:has(main, article, h1)), ' +
  '[hidden]:not([hidden=until-found]), [aria-hidden=true], [role=navigation], [role=search], [role=dialog], ' +
  // What DocBook, Bootstrap and others call navigation.
  '.navheader, .navfooter, .breadcrumb, .breadcrumbs, .pagination';
const notInBody = 'header, footer, [role=banner], [role=contentinfo]';

/** Reads a page of HTML. `selector` names the main text; where it finds nothing, it is where it usually is. */
export function pageFrom(
  body: Buffer,
  { url, charset, selector }: { url: string; charset?: string | null; selector?: string },
): Page {
  const $ = parsed(body, charset);
  const base = linkedAddress($('base[href]').first().attr('href'), url) ?? url;
  const robots = $('meta[name=robots i], meta[name=hookbell i]').attr('content') ?? '';
  const links = /\b(nofollow|none)\b/i.test(robots) ? [] : linksIn($, base);
  const canonical = linkedAddress($('link[rel~=canonical i][href]').attr('href'), base);
  const hasScript = $('script').length > 0;
  const title = inOneLine($('title:not(svg title)').first().text()) || inOneLine($('h1').first().text());
  const lacksSelected = selector !== undefined && !$(selector).length;
  const text = mainText($, selector);
  return {
    title,
    text,
    links,
    canonical,
    noindex: /\b(noindex|none)\b/i.test(robots),
    lacksSelected,
    needsScript: hasScript && (!text || isExcuse(text)),
  };
}

const longestExcuse = 300;
const excuse =
  /^(loading|please wait|one moment|just a moment|wird geladen|chargement|cargando)\b.{0,60}$|\b(enable|requires?|needs?|activate|turn on|without|aktivier\w+|activer)\b[^.]{0,60}\bjavascript\b|\bjavascript\b[^.]{0,60}\b(required|needed|enabled|disabled|aktivier\w+|activé)\b/is;

/** What applications show until their scripts run. */
function isExcuse(text: string): boolean {
  return text.length <= longestExcuse && excuse.test(text);
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

type Elements = ReturnType<CheerioAPI>;

function outermost($: CheerioAPI, selector: string): Elements {
  return $(selector).filter((_index, element) => !$(element).parents(selector).length);
}

function textOf($: CheerioAPI, elements: Elements): string {
  return elements
    .toArray()
    .map((element) => readable($.html(element)))
    .filter(Boolean)
    .join('\n\n');
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
