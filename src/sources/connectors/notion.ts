import { z } from 'zod';
import { mask } from '../secrets.js';
import { webAddress } from './config.js';
import { type Connector, onDemand } from './connector.js';
import { databaseIn, pageIn } from './notion/address.js';

const token = z
  .string('Missing')
  .trim()
  .min(1, 'Missing')
  .max(500)
  .refine(
    (text) => text !== mask,
    'must be entered again: the one that is stored was entered for another address',
  )
  .regex(/^(?:[\x21-\x7e]+|•+)$/, 'must be the token as Notion shows it, without spaces');

const config = z.strictObject({
  /** Of an integration with which what is to be read was shared. */
  token,
  /** Ids or addresses. With neither databases nor pages, all that is shared with the integration is read. */
  databaseIds: z.array(named(databaseIn, 'database')).max(200).optional(),
  pageIds: z.array(named(pageIn, 'page')).max(200).optional(),
  /** Of another server that speaks Notion's API. */
  baseUrl: webAddress.optional(),
});

export type Config = z.output<typeof config>;

/** A row is a page: those that are named, the entries of databases, and whatever lies inside of either. */
export const notion: Connector<Config> = {
  type: 'notion',
  config,
  read: onDemand(() => import('./notion/pages.js')),
};

function named(idIn: (text: string) => string | null, what: string) {
  return z
    .string()
    .trim()
    .max(2000)
    .transform((text, context) => {
      const id = idIn(text);
      if (id === null)
        context.addIssue(`“${text.slice(0, 100)}” is neither the id nor the address of a Notion ${what}`);
      return id ?? z.NEVER;
    });
}
