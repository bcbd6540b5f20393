import type { Request, RequestHandler } from 'express';
import { Forbidden, Unauthorized } from '../errors.js';
import type { Actor } from './actor.js';
import type { AccountService } from './service.js';

declare global {
  namespace Express {
    interface Request {
      /** Set by `signedIn` or by the API key; absent for strangers. */
      user?: Actor & { id: string };
    }
  }
}

/** Reads the user of the session, if there is one. */
export function recogniseUser(accounts: AccountService): RequestHandler {
  return async (req, _res, next) => {
    const user = req.session.userId ? await accounts.find(req.session.userId) : null;
    if (user) req.user = user;
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
