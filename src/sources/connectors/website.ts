import { parse } from 'css-what';
import { z } from 'zod';
import { webAddress } from './config.js';
import { type Connector, onDemand } from './connector.js';

const fewEnough = 'must be a whole number from 1 to 50,000';
const globs = z.array(z.string().trim().min(1).max(300)).max(100).optional();

const config = z.strictObject({
  url: webAddress,
  mode: z.enum(['page', 'crawl', 'sitemap'], 'must be page, crawl or sitemap').default('crawl'),
  /** At most so many pages are asked for. */
  maxPages: z.int(fewEnough).min(1, fewEnough).max(50_000, fewEnough).default(500),
  /** Globs on the path of a page, see `pathFilter`. */
  include: globs,
  exclude: globs,
  /** CSS selector of the main text. */
  selector: z.string().trim().min(1).max(500).refine(isSelector, 'must be a CSS selector').optional(),
});

export type Config = z.output<typeof config>;

/** A row is a page: one, those that links lead to from it, or those in a sitemap. */
export const website: Connector<Config> = {
  type: 'website',
  config,
  read: onDemand(() => import('./website/pages.js')),
};

function isSelector(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
