import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { parseRules } from './net/rules.js';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function milliseconds(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * units[match[2] as keyof typeof units]) : null;
}

/** Text that `read` makes a value of, or null when it is not what the variable `takes`. */
const readAs = <T>(takes: string, read: (text: string) => T | null) =>
  z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue(`takes ${takes}`);
    return z.NEVER;
  });

export const duration = (from: string, to: string) =>
  readAs(`a duration from ${from} to ${to}, such as 500ms, 15s, 5m, 2h or 5d`, (text) => {
    const value = milliseconds(text);
    return value !== null && value >= milliseconds(from)! && value <= milliseconds(to)! ? value : null;
  });

export const durations = readAs('a comma list of durations of at most 365d, such as 5s,5m,30m,2h', (text) => {
  const values = text.split(',').map(milliseconds);
  return values.every((value) => value !== null && value <= 365 * units.d) ? (values as number[]) : null;
});

const sizes = { MB: 1e6, GB: 1e9, TB: 1e12 } as const;

function byteCount(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?(MB|GB|TB)$/i.exec(text.trim());
  return match ? Math.round(Number(match[1]) * sizes[match[2]!.toUpperCase() as keyof typeof sizes]) : null;
}

/** In bytes; units are decimal (SI), as on the pages. */
export const size = (from: string, to: string) =>
  readAs(`a size from ${from} to ${to}, such as 500MB or 5GB`, (text) => {
    const value = byteCount(text);
    return value !== null && value >= byteCount(from)! && value <= byteCount(to)! ? value : null;
  });

export const whole = (from: number, to: number) =>
  readAs(`a whole number from ${from} to ${to}`, (text) =>
    /^\d{1,16}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : null,
  );

export const oneOf = <const T extends string>(...words: T[]) =>
  readAs(
    words.join(', ').replace(/, (\w+)$/, ' or $1'),
    (text) => words.find((word) => word === text) ?? null,
  );

export const databaseUrl = readAs('a URL such as postgres://user:password@host/name', (text) =>
  /^postgres(ql)?:\/\//.test(text) ? text : null,
);

export const url = (takes: string, ...schemes: string[]) =>
  readAs(takes, (text) => {
    const parsed = URL.canParse(text) ? new URL(text) : null;
    return parsed?.hostname && schemes.includes(parsed.protocol.slice(0, -1)) ? text : null;
  });

export const publicUrl = readAs('an http or https URL such as https://bots.example.com', (text) => {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  const plain = parsed && /^https?:$/.test(parsed.protocol) && !parsed.username && !parsed.password;
  return plain && !/[?#]/.test(text) ? parsed.href.replace(/\/+$/, '') : null;
});

export const trustProxy = readAs(
  'true, false, how many proxies there are, or a comma list of their addresses and ranges',
  (text): boolean | number | string | null => {
    if (text === 'true' || text === 'false') return text === 'true';
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const named = /^(loopback|linklocal|uniquelocal)$/;
    const entries = text.split(',').map((entry) => entry.trim());
    return entries.every((entry) => named.test(entry) || isAddressOrRange(entry)) ? text : null;
  },
);

const isAddressOrRange = (text: string) =>
  isIP(text) !== 0 || (isIP(text.split('/')[0]!) !== 0 && ipaddr.isValidCIDR(text));

export const rules = z.string().transform((text, context) => {
  try {
    return parseRules(text);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});

export const text = (least: number, most = 10_000) =>
  z
    .string()
    .min(least, `takes at least ${least} character${least === 1 ? '' : 's'}`)
    .max(most, `takes at most ${most} characters`);
