import { z } from 'zod';

/** The address of something on the web, as people give it to a data source. */
export const webAddress = z
  .string()
  .trim()
  .max(2000)
  .refine(isWebAddress, 'must be an http:// or https:// address')
  .refine((text) => !hasUserinfo(text), 'must not contain a user name or password');

/** Where something lies within JSON: `data.items`, `links.next`, `0.name`. */
export const dottedPath = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^.]+(\.[^.]+)*$/, 'must be a dotted path such as data.items');

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function hasUserinfo(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return Boolean(username || password);
}
