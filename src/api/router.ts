import express, { type Request, type RequestHandler, Router } from 'express';
import type { AccountService } from '../accounts/service.js';
import type { Deps } from '../deps.js';
import { Forbidden, Malformed, NotFound, Refusal, Unauthorized } from '../errors.js';
import { jsonBody } from '../http/json.js';
import { apiErrors } from '../http/problem.js';
import type { Answer, Endpoint } from './endpoint.js';
import { idempotency } from './idempotency.js';

/** `/api/v1`: a route for each endpoint, keys instead of sessions, problem+json instead of pages. */
export function apiRouter(
  deps: Pick<Deps, 'db' | 'vault' | 'clock'>,
  accounts: AccountService,
  endpoints: Endpoint[],
): Router {
  const router = Router();
  const once = idempotency(deps).once;
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  for (const route of endpoints) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const body = route.upload ?? objectBody;
    router[route.method](path, allow(route.access, accounts, deps.clock), body, answer(route));
  }
  router.use(allow('user', accounts, deps.clock), () => {
    throw new NotFound('Address');
  });
  router.use(apiErrors);
  return router;

  function answer(route: Endpoint): RequestHandler {
    return async (req, res) => {
      const at = deps.clock();
      const asked = {
        params: route.params?.parse(req.params),
        query: route.query?.parse(req.query),
        body: route.upload ? req.body : route.body?.parse(req.body ?? {}),
        user: req.user,
        at,
        req,
      };
      const run = () => route.run(asked as never);
      const key = route.method === 'post' ? req.get('Idempotency-Key') : undefined;
      const { status, body } = key
        ? await once(
            { userId: req.user?.id ?? '', key, request: [req.method, req.originalUrl, req.body ?? null] },
            at,
            run,
          )
        : await run();
      respond(res, { status, body });
    };
  }
}

function respond(res: express.Response, { status, body }: Answer): void {
  if (body === undefined || body === null) res.status(status).end();
  else res.status(status).json(body);
}

function allow(access: Endpoint['access'], accounts: AccountService, clock: () => number): RequestHandler {
  return async (req, _res, next) => {
    if (access === 'anyone') return next();
    const [, key] = /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '') ?? [];
    const user = key ? await accounts.userOfKey(key, clock()) : null;
    if (!user)
      throw new Unauthorized(
        key ? 'This API key does not exist' : 'Send an API key: Authorization: Bearer hb_…',
      );
    if (access === 'admin' && user.role !== 'admin') throw new Forbidden('Only admins may do this');
    req.user = user;
    next();
  };
}

const parseJson = jsonBody({ limit: '1mb', strict: true });

/** 415 for a body that is not JSON, 400 for one that is not an object. */
const objectBody: RequestHandler = (req, res, next) => {
  if (hasBody(req) && !req.is('application/json')) {
    throw new Refusal(415, 'Send JSON: Content-Type: application/json');
  }
  parseJson(req, res, (error) => {
    // This runs outside of Express: what is thrown here would end the process.
    const isList = !error && Array.isArray(req.body);
    next(isList ? new Malformed('The body must be a JSON object') : error);
  });
};

function hasBody(req: Request): boolean {
  return req.get('Transfer-Encoding') !== undefined || Number(req.get('Content-Length') ?? 0) > 0;
}
