import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { actorOf, requireAdmin } from './access.js';
import { newPassword, newRole, newUser } from './schema.js';
import type { AccountService } from './service.js';
import type { User } from './store.js';

/** Who may sign in, and as what. */
export function userRoutes({ clock }: Pick<Deps, 'clock'>, accounts: AccountService): Router {
  const router = Router();
  router.get('/settings/users', requireAdmin, list);
  router.get('/settings/users/new', requireAdmin, (req, res) => showNew(req, res, emptyForm()));
  router.post('/settings/users', requireAdmin, submitted(add, showNew));
  router.get('/settings/users/:id', requireAdmin, (req, res) => showUser(req, res, emptyForm()));
  router.post('/settings/users/:id/role', requireAdmin, submitted(changeRole, showUser));
  router.post('/settings/users/:id/password', requireAdmin, submitted(setPassword, showUser));
  router.get('/settings/users/:id/remove', requireAdmin, (req, res) => confirmRemoval(req, res, emptyForm()));
  router.post('/settings/users/:id/remove', requireAdmin, submitted(remove, confirmRemoval));
  return router;

  async function list(_req: Request, res: Response) {
    res.render('settings/users', { users: await accounts.list() });
  }

  function showNew(_req: Request, res: Response, form: FormState) {
    res.render('settings/newUser', { form });
  }

  async function add(req: Request, res: Response) {
    const user = await accounts.createUser(newUser.parse(fields(req.body)), actorOf(req), clock());
    req.session.notice = `${user.name} can sign in now.`;
    res.redirect(303, '/app/settings/users');
  }

  async function showUser(req: Request, res: Response, form: FormState) {
    const shown = await userOf(req);
    res.render('settings/user', { shown, form: { ...form, values: { role: shown.role } } });
  }

  async function changeRole(req: Request, res: Response) {
    const user = await userOf(req);
    const { role } = newRole.parse(fields(req.body));
    await accounts.changeRole(user.id, role, actorOf(req), clock());
    req.session.notice = `${user.name} is an ${role} now.`;
    res.redirect(303, user.id === actorOf(req).id ? '/app/settings' : '/app/settings/users');
  }

  async function setPassword(req: Request, res: Response) {
    const user = await userOf(req);
    const { password } = newPassword.parse(fields(req.body));
    await accounts.changePassword(user.id, password, actorOf(req), clock());
    req.session.notice = `${user.name} has a new password and is signed out everywhere.`;
    res.redirect(303, `/app/settings/users/${user.id}`);
  }

  async function confirmRemoval(req: Request, res: Response, form: FormState) {
    const shown = await userOf(req);
    const keys = (await accounts.keysOf(shown.id)).length;
    const parts = [
      'their sessions: they are signed out at once',
      ...(keys > 0 ? [`their API keys (${keys}): programs that use them are refused`] : []),
      'their access to the bots that were given to them',
    ];
    res.render('settings/removeUser', { shown, parts, form });
  }

  async function remove(req: Request, res: Response) {
    const user = await userOf(req);
    await accounts.removeUser(user.id, actorOf(req), clock());
    req.session.notice = `${user.name} was removed.`;
    res.redirect(303, '/app/settings/users');
  }

  async function userOf(req: Request): Promise<User> {
    const user = await accounts.find(String(req.params.id));
    if (!user) throw new NotFound('User');
    return user;
  }
}
