import { ConnectSessionKnexStore } from 'connect-session-knex';
import type { Request, RequestHandler } from 'express';
import session from 'express-session';
import type { Deps } from '../deps.js';

declare module 'express-session' {
  interface SessionData {
    userId: string;
    /** What the user's sessions must carry; a new password changes it. */
    stamp: string;
    /** The day, counted from 1970, on which the session was last prolonged. */
    day: number;
    /** One message for the next page, e.g. "Bot deleted". */
    notice: string;
  }
}

const aDay = 24 * 3_600_000;
const twoWeeks = 14 * aDay;

/**
 * Sessions in the database, in a cookie that is HttpOnly, SameSite=Lax and, behind TLS, Secure. A stranger's
 * lasts a day, so that visits to the sign-in page do not pile up; a user's two weeks from the last visit.
 */
export function sessions({
  config,
  db,
  reader,
  vault,
}: Pick<Deps, 'config' | 'db' | 'reader' | 'vault'>): RequestHandler {
  return session({
    name: 'hookbell.sid',
    secret: vault.derive('sessions'),
    store: sessionStore(db, reader),
    resave: false,
    saveUninitialized: false,
    proxy: config.publicUrl.startsWith('https:') || undefined,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: aDay },
  });
}

/** A new id and nothing of the old session (OWASP: against session fixation); the message for the next page stays. */
export async function renewSession(req: Request, notice?: string): Promise<void> {
  const kept = notice ?? req.res?.locals.notice ?? req.session.notice;
  await new Promise<void>((resolve, reject) => {
    req.session.regenerate((error) => (error ? reject(error) : resolve()));
  });
  if (kept) req.session.notice = kept;
}

export async function startUserSession(
  req: Request,
  user: { id: string; stamp: string },
  at: number,
  notice?: string,
): Promise<void> {
  await renewSession(req, notice);
  Object.assign(req.session, { userId: user.id, stamp: user.stamp });
  prolongUserSession(req, at);
}

/** The session is written, and its cookie sent, when the day is another: a page view writes nothing else. */
export function prolongUserSession(req: Request, at: number): void {
  req.session.day = Math.floor(at / aDay);
  req.session.cookie.maxAge = twoWeeks;
}

/** Removes the sessions that ended before `at`: by the machine's clock, as the library dates them. */
export async function removeEndedSessions(db: Deps['db'], at = Date.now()): Promise<number> {
  return db('sessions').where('expired', '<', new Date(at).toISOString()).delete();
}

function sessionStore(db: Deps['db'], reader: Deps['reader']): ConnectSessionKnexStore {
  const on = (knex: Deps['db']) =>
    new ConnectSessionKnexStore({ knex, createTable: false, tableName: 'sessions', cleanupInterval: 0 });
  const [store, stored] = [on(db), on(reader)];
  /** express-session answers while it still writes, and the browser's next request may come before that is done. */
  const writes = new Map<string, Promise<unknown>>();
  // The store answers by callback and rejects as well; the second would be an unhandled rejection.
  const answered = (work: Promise<unknown>) => work.catch(() => undefined);

  function writing(method: 'set' | 'destroy') {
    const original = store[method].bind(store) as (id: string, ...rest: unknown[]) => Promise<unknown>;
    return (id: string, ...rest: unknown[]) => {
      const written = answered(original(id, ...rest)).finally(() => {
        if (writes.get(id) === written) writes.delete(id);
      });
      writes.set(id, written);
    };
  }

  async function get(...[id, done]: Parameters<typeof stored.get>) {
    await writes.get(id);
    await answered(stored.get(id, done));
  }

  // Without `touch`, only what changes a session is written.
  return Object.assign(store, { get, set: writing('set'), destroy: writing('destroy'), touch: undefined });
}
