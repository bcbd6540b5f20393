import { z } from 'zod';
import { webAddress } from './config.js';
import { type Connector, onDemand } from './connector.js';

const config = z.strictObject({ url: webAddress });

export type Config = z.output<typeof config>;

/** A row is an entry of an RSS, Atom, RDF or JSON feed. */
export const feed: Connector<Config> = {
  type: 'feed',
  config,
  read: onDemand(() => import('./feedEntries.js')),
};
