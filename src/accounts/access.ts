import type { Request, RequestHandler } from 'express';
import { Forbidden, Unauthorized } from '../errors.js';
import { prolongUserSession } from '../http/sessions.js';
import type { Actor } from './actor.js';
import type { AccountService } from './service.js';

declare global {
  namespace Express {
    interface Request {
      /** Set by `recogniseUser` or by the API key; absent for strangers. */
      user?: Actor & { id: string };
    }
  }
}

/** Reads the user of the session, if there is one, and the session is not older than the password. */
export function recogniseUser(accounts: AccountService): RequestHandler {
  return async (req, _res, next) => {
    const { userId, stamp } = req.session;
    const user = userId ? await accounts.userOfSession(userId, stamp ?? '') : null;
    if (user) {
      req.user = user;
      prolongUserSession(req, Date.now());
    }
    next();
  };
}

/** Pages for whoever is signed in; others go to `/login` and come back. */
export const requireUser: RequestHandler = (req, res, next) => {
  if (req.user) return next();
  const back = req.method === 'GET' ? `?next=${encodeURIComponent(req.originalUrl)}` : '';
  res.redirect(303, `/login${back}`);
};

/** Pages for admins; agents are told so, strangers go to `/login`. */
export const requireAdmin: RequestHandler = (req, res, next) => {
  if (!req.user) return requireUser(req, res, next);
  if (req.user.role !== 'admin') throw new Forbidden('Only admins may do this');
  next();
};

/** The user behind a route that requires one. */
export function actorOf(req: Request): Actor & { id: string } {
  if (!req.user) throw new Unauthorized('Sign in first');
  return req.user;
}
