import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { actorOf, requireUser } from './access.js';
import { newApiKey } from './schema.js';
import type { AccountService } from './service.js';

/** One's own API keys. */
export function apiKeyRoutes({ clock }: Pick<Deps, 'clock'>, accounts: AccountService): Router {
  const router = Router();
  router.get('/settings/api-keys', requireUser, (req, res) => show(req, res, emptyForm()));
  router.post('/settings/api-keys', requireUser, submitted(create, show));
  router.post('/settings/api-keys/:id/revoke', requireUser, revoke);
  return router;

  async function show(req: Request, res: Response, form: FormState, created: object | null = null) {
    const keys = await accounts.keysOf(actorOf(req).id);
    res.set('Cache-Control', 'no-store').render('settings/apiKeys', { keys, form, created });
  }

  // Answered with the page itself, not by a redirect: the key is kept nowhere to show it later.
  async function create(req: Request, res: Response) {
    const { name } = newApiKey.parse(fields(req.body));
    const key = await accounts.createApiKey(actorOf(req), name, actorOf(req), clock());
    res.status(201);
    await show(req, res, emptyForm(), { name, key });
  }

  async function revoke(req: Request, res: Response) {
    await accounts.revokeApiKey(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'The key is revoked: it is refused from now on.';
    res.redirect(303, '/app/settings/api-keys');
  }
}
