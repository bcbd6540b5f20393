import { createHash } from 'node:crypto';
import { formatDistanceStrict } from 'date-fns/formatDistanceStrict';
import type { RequestHandler } from 'express';
import type { Deps } from '../deps.js';
import { mostCounted } from '../outbox/store.js';
import { csrfToken } from './csrf.js';

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' });
const whole = new Intl.NumberFormat('en');
const size = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** Tells one version's assets from the next one's. */
export const buildOf = (version: string) => createHash('sha256').update(version).digest('hex').slice(0, 8);

/** What every page may print: who is signed in, the token of its forms, and times, numbers and durations in words. */
export function pageLocals({ clock }: Pick<Deps, 'clock'>): RequestHandler {
  return (req, res, next) => {
    const now = clock();
    const isPart =
      Boolean(req.get('HX-Request')) && !req.get('HX-Boosted') && !req.get('HX-History-Restore-Request');
    // A stream, or a part that renews itself, would take the notice away from the page that comes.
    const isShown = req.method === 'GET' && !isPart && Boolean(req.accepts('html'));
    Object.assign(res.locals, {
      user: req.user ?? null,
      path: req.path,
      csrf: () => csrfToken(req),
      /** A part of a page that is shown already and keeps what people opened or chose in it (`hx-preserve`). */
      isPart,
      notice: isShown ? takeNotice(req.session) : null,
      when: (ms: number) => ({
        iso: new Date(ms).toISOString(),
        exact: exact.format(ms),
        relative: formatDistanceStrict(ms, now, { addSuffix: true }),
        left: formatDistanceStrict(Math.max(ms, now), now),
      }),
      number: (value: number) => whole.format(value),
      waitingInWords: (count: number, one = '', many = '') =>
        `${count > mostCounted ? `${whole.format(mostCounted)}+` : whole.format(count)} ${count === 1 ? one : many}`.trim(),
      bytes,
      duration,
      plural: (count: number, one: string, many = `${one}s`) =>
        `${whole.format(count)} ${count === 1 ? one : many}`,
    });
    next();
  };
}

function takeNotice(session: { notice?: string }): string | null {
  const notice = session?.notice ?? null;
  if (notice) delete session.notice;
  return notice;
}

/** `820 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${size.format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `12.3 kB`, decimal (SI). */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  return `${size.format(count / 1000 ** power)} ${units[power]}`;
}
