import robotsParser from 'robots-parser';
import { FetchError } from '../../../net/failure.js';
import { decode } from '../charset.js';
import { SourceError } from '../connector.js';
import type { Asides } from './asides.js';

// Its types are written for a module with a default export; it is a function.
const parseRobots = robotsParser as unknown as typeof robotsParser.default;

const name = 'Hookbell';
const longestDelay = 5_000;

/** What a site's robots.txt lets us do. */
export type Robots = {
  allows: (address: string) => boolean;
  /** Milliseconds between two requests; at most 5 s, whatever is asked for. */
  delay: number;
  sitemaps: string[];
};

/** Reads robots.txt as RFC 9309 says: who has none allows everything, whose server fails allows nothing. */
export async function robotsOf(origin: string, asides: Asides): Promise<Robots> {
  const address = `${origin}/robots.txt`;
  const robots = parseRobots(address, await textAt(address, asides));
  return {
    allows: (address) => robots.isAllowed(address, name) ?? false,
    delay: Math.min((robots.getCrawlDelay(name) ?? 0) * 1000, longestDelay),
    sitemaps: robots.getSitemaps(),
  };
}

async function textAt(address: string, asides: Asides): Promise<string> {
  try {
    const { value } = await asides.read(address, ({ body, charset }) => decode(body, charset));
    return value;
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    const { status } = error;
    // "Too many requests" says nothing of what is allowed.
    if (status !== null && status >= 400 && status < 500 && status !== 429) return '';
    throw new SourceError(`${address} could not be read: ${error.message}`);
  }
}
