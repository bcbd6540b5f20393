import { ConnectSessionKnexStore } from 'connect-session-knex';
import type { RequestHandler } from 'express';
import session from 'express-session';
import type { Deps } from '../deps.js';

declare module 'express-session' {
  interface SessionData {
    userId: string;
    /** One message for the next page, e.g. "Bot deleted". */
    notice: string;
  }
}

const twoWeeks = 14 * 24 * 3_600_000;

/** Sessions in the database, in a cookie that is HttpOnly, SameSite=Lax and, behind TLS, Secure. */
export function sessions({ config, db, vault }: Pick<Deps, 'config' | 'db' | 'vault'>): RequestHandler {
  return session({
    name: 'hookbell.sid',
    secret: vault.derive('sessions'),
    store: sessionStore(db),
    resave: false,
    saveUninitialized: false,
    proxy: config.publicUrl.startsWith('https:') || undefined,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: twoWeeks },
  });
}

function sessionStore(db: Deps['db']): ConnectSessionKnexStore {
  const store = new ConnectSessionKnexStore({
    knex: db,
    createTable: false,
    tableName: 'sessions',
    cleanupInterval: 0,
  });
  // The store answers by callback and rejects as well; the second would be an unhandled rejection.
  for (const method of ['get', 'set', 'touch', 'destroy'] as const) {
    const original = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(store, { [method]: (...args: unknown[]) => void original(...args).catch(() => undefined) });
  }
  return store;
}
