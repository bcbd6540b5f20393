import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { mask } from '../secrets.js';
import { dottedPath, webAddress } from './config.js';
import { type Connector, onDemand } from './connector.js';

const headerName = z
  .string()
  .max(100)
  .refine(passes(validateHeaderName), 'must be the name of an HTTP header')
  .refine(
    (name) => !/^(host|connection|content-length|transfer-encoding|te|upgrade|expect)$/i.test(name),
    'must be a header that a request may carry freely',
  );

const headerValue = z
  .string()
  .max(8000)
  .refine(
    (value) => value !== mask,
    'must be entered again: the one that is stored was entered for another address',
  )
  .refine(
    passes((value) => validateHeaderValue('x', value)),
    'must be on one line, in Latin letters',
  );

const config = z.strictObject({
  url: webAddress,
  /** Sent to the origin of the URL only. */
  headers: z.record(headerName, headerValue).optional(),
  /** Where the array lies; without it the answer is the array, or an object that has one. */
  itemsPath: dottedPath.optional(),
  /** Where an item's id lies; without it an item is known by its content. */
  idField: dottedPath.optional(),
  titleField: dottedPath.optional(),
  /** Where the address of the next page lies; without it `Link: rel=next` is followed (RFC 8288). */
  nextPath: dottedPath.optional(),
});

export type Config = z.output<typeof config>;

/** A row is an item of the array. */
export const json: Connector<Config> = {
  type: 'json',
  config,
  read: onDemand(() => import('./jsonPages.js')),
};

function passes(check: (text: string) => void): (text: string) => boolean {
  return (text) => {
    try {
      check(text);
      return true;
    } catch {
      return false;
    }
  };
}
