import { isUtf8 } from 'node:buffer';
import { type CheerioAPI, loadBuffer } from 'cheerio';
import { adapter } from 'parse5-htmlparser2-tree-adapter';
import { SourceError } from './connector.js';

// HTML of use has a hundredth of either. What is made to have more would take all time or all memory.
const deepest = 1000;
const mostElements = 500_000;

/**
 * Parses HTML as a browser does, in the charset that its byte order mark, the server, or the page itself
 * names, in this order. Throws `SourceError` for what is made to overwhelm who reads it.
 */
export function parsed(body: Buffer, charset: string | null = null): CheerioAPI {
  let depth = 0;
  let elements = 0;
  const bounded: typeof adapter = {
    ...adapter,
    onItemPush() {
      if (++depth > deepest) throw new SourceError('the page is nested too deeply to be read');
      if (++elements > mostElements) throw new SourceError('the page has too many elements to be read');
    },
    onItemPop() {
      depth--;
    },
  };
  return loadBuffer(body, {
    treeAdapter: bounded,
    encoding: {
      transportLayerEncodingLabel: charset ?? undefined,
      // Where nothing names one: UTF-8 if it is, else what a browser would take it for.
      defaultEncoding: isUtf8(body) ? 'utf-8' : 'windows-1252',
    },
  });
}
