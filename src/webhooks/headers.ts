import { z } from 'zod';
import { type FieldError, Invalid } from '../errors.js';
import type { Vault } from '../vault.js';

/** Sent beside our own: name and value. Values are secrets: never to be logged, listed or put into the audit log. */
export type StaticHeaders = Record<string, string>;

const most = 20;
const mostBytes = 8 * 1024;

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5, without the tab and the bytes beyond ASCII, which receivers read differently. */
const value = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

const ours =
  /^(content-(type|length|encoding)|host|user-agent|x-secret-key|webhook-.*|x-hookbell-.*|svix-.*)$/i;
/** RFC 9110, 7.6.1, and what speaks of the connection rather than of the event. */
const hopByHop = /^(connection|transfer-encoding|upgrade|keep-alive|te|trailer|expect|proxy-.*)$/i;

/** Where a value is null, the stored one stays: values can be sent in, but are not in the answers. */
export const headersInput = z
  .record(z.string(), z.string('A text, or null to keep the stored value').nullable())
  .superRefine((headers, context) => {
    for (const { path, message } of problemsOf(Object.entries(headers)))
      context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
  });
export type HeadersInput = z.infer<typeof headersInput>;

/** What is wrong with these headers, by name; by the empty name, what is wrong with all of them. */
export function problemsOf(headers: [name: string, value: string | null][]): FieldError[] {
  const seen = new Set<string>();
  const problems = headers.flatMap(([path, content]) => {
    const message = nameProblem(path, seen) ?? valueProblem(content);
    seen.add(path.toLowerCase());
    return message ? [{ path, message }] : [];
  });
  return headers.length > most ? [...problems, { path: '', message: `At most ${most} headers` }] : problems;
}

function nameProblem(name: string, seen: Set<string>): string | null {
  if (name === '') return 'A header needs a name';
  if (name.length > 100) return 'A name has at most 100 characters';
  if (!token.test(name)) return "A name has only letters, digits and !#$%&'*+-.^_`|~";
  if (ours.test(name)) return `Hookbell sets ${name} itself: receivers rely on it`;
  if (hopByHop.test(name)) return `${name} belongs to the connection and cannot be set`;
  if (seen.has(name.toLowerCase())) return 'This header is there twice; upper and lower case do not differ';
  return null;
}

function valueProblem(content: string | null): string | null {
  if (content === null) return null;
  if (content === '') return 'A header needs a value';
  return value.test(content)
    ? null
    : 'A value has only letters, digits and signs of ASCII, with spaces between them';
}

/** The whole new set. Throws `Invalid` for a null where nothing is stored, and for more than 8 KiB in all. */
export function mergedHeaders(given: HeadersInput, stored: StaticHeaders): StaticHeaders {
  const known = new Map(Object.entries(stored).map(([name, content]) => [name.toLowerCase(), content]));
  const merged = Object.entries(given).map(([name, content]): [string, string] => {
    const kept = content ?? known.get(name.toLowerCase());
    if (kept === undefined)
      throw new Invalid([{ path: `headers.${name}`, message: 'No value is stored for it: give it one' }]);
    return [name, kept];
  });
  // On the wire a header is `name: value` and a line's end.
  const bytes = merged.reduce((sum, [name, content]) => sum + name.length + content.length + 4, 0);
  if (bytes > mostBytes)
    throw new Invalid([{ path: 'headers', message: 'At most 8 KiB in all, names and values together' }]);
  return Object.fromEntries(merged);
}

/** Null for no headers at all. */
export function sealedHeaders(vault: Vault, headers: StaticHeaders): string | null {
  return Object.keys(headers).length === 0 ? null : vault.seal(JSON.stringify(headers));
}

export const openedHeaders = (vault: Vault, sealed: string | null): StaticHeaders =>
  sealed === null ? {} : JSON.parse(vault.open(sealed));
