import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { Invalid } from '../errors.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { rateLimits } from '../http/rateLimits.js';
import { startUserSession } from '../http/sessions.js';
import { actorOf, requireAdmin, requireUser } from './access.js';
import { apiKeyRoutes } from './apiKeyRoutes.js';
import { auditSentence } from './auditSentence.js';
import { auditPage, passwordChange } from './schema.js';
import type { AccountService } from './service.js';
import { settingsFor } from './settings.js';
import { failureThrottle } from './throttle.js';
import { userRoutes } from './userRoutes.js';

const entriesAPage = 50;

/** The settings: one's own, and for admins those of the house. */
export function accountRoutes(deps: Pick<Deps, 'config' | 'db' | 'clock'>, accounts: AccountService): Router {
  const { clock } = deps;
  const throttle = failureThrottle('password', rateLimits(deps.db));
  const router = Router();
  router.get('/settings', requireUser, showSettings);
  router.get('/settings/password', requireUser, (req, res) => showPassword(req, res, emptyForm()));
  router.post('/settings/password', requireUser, submitted(changePassword, showPassword));
  router.get('/settings/audit', requireAdmin, showAuditLog);
  router.use(apiKeyRoutes(deps, accounts));
  router.use(userRoutes(deps, accounts));
  return router;

  function showSettings(req: Request, res: Response) {
    res.render('settings/index', { rooms: settingsFor(actorOf(req).role) });
  }

  function showPassword(_req: Request, res: Response, form: FormState) {
    res.render('settings/password', { form });
  }

  async function changePassword(req: Request, res: Response) {
    const { id, email } = actorOf(req);
    const { current, password } = passwordChange.parse(fields(req.body));
    const attempt = await throttle.begin(id);
    if (!(await accounts.signIn(email, current))) {
      throw new Invalid([{ path: 'current', message: 'This is not your current password' }]);
    }
    await attempt.succeeded();
    await accounts.changePassword(id, password, actorOf(req), clock());
    const stamp = await accounts.stampOf(id);
    await startUserSession(
      req,
      { id, stamp },
      clock(),
      'Your password is changed. You are signed out everywhere else.',
    );
    res.redirect(303, '/app/settings');
  }

  async function showAuditLog(req: Request, res: Response) {
    const { before } = auditPage.parse(req.query);
    const entries = await accounts.auditPage(entriesAPage + 1, before);
    const shown = entries.slice(0, entriesAPage);
    res.render('settings/audit', {
      entries: shown.map((entry) => ({ ...entry, sentence: auditSentence(entry) })),
      isFirst: before === null,
      older: entries.length > entriesAPage ? shown.at(-1)?.id : null,
    });
  }
}
