import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { Unauthorized } from '../errors.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { rateLimits } from '../http/rateLimits.js';
import { renewSession, startUserSession } from '../http/sessions.js';
import { deviceCookies } from './devices.js';
import { nextPage } from './nextPage.js';
import { sameText } from './sameText.js';
import { credentials, firstAdmin } from './schema.js';
import type { AccountService } from './service.js';
import { signInThrottle } from './throttle.js';

/** The first admin, signing in and out. */
export function signInRoutes(
  { db, clock, vault }: Pick<Deps, 'db' | 'clock' | 'vault'>,
  accounts: AccountService,
): Router {
  const throttle = signInThrottle(rateLimits(db));
  const devices = deviceCookies({ vault });
  const router = Router();
  router.use(['/setup', '/login'], notStored);
  router.get('/', start);
  router.get('/setup', requireSetupToken, (req, res) => showSetup(req, res, emptyForm()));
  router.post('/setup', requireSetupToken, submitted(setUp, showSetup));
  router.get('/login', open);
  router.post('/login', submitted(signIn, showSignIn));
  router.post('/logout', signOut);
  return router;

  async function start(_req: Request, res: Response) {
    res.redirect(303, (await accounts.isSetUp()) ? '/app' : '/setup');
  }

  function showSetup(req: Request, res: Response, form: FormState) {
    res.render('accounts/setup', { form, token: req.query.token });
  }

  async function setUp(req: Request, res: Response) {
    const user = await accounts.createFirstAdmin(firstAdmin.parse(fields(req.body)), clock());
    await welcome(req, res, user, `Welcome, ${user.name}. Make your first bot.`);
    res.redirect(303, '/app');
  }

  async function requireSetupToken(req: Request, res: Response, next: () => void) {
    const isSetUp = await accounts.isSetUp();
    if (!isSetUp && sameText(String(req.query.token ?? ''), accounts.setupToken())) return next();
    res.status(404).render('accounts/noSetup', { isSetUp });
  }

  async function open(req: Request, res: Response) {
    if (req.user) return res.redirect(303, nextPage(req.query.next));
    if (!(await accounts.isSetUp())) return res.redirect(303, '/setup');
    showSignIn(req, res, emptyForm());
  }

  function showSignIn(req: Request, res: Response, form: FormState) {
    res.render('accounts/login', { form, next: nextPage(req.query.next) });
  }

  async function signIn(req: Request, res: Response) {
    const { email, password } = credentials.parse(fields(req.body));
    const device = devices.recognise(req, email);
    const attempt = await throttle.begin({ address: req.ip ?? '', email, device });
    const user = await accounts.signIn(email, password);
    if (!user) {
      req.log.info({ ip: req.ip }, 'a sign-in failed');
      throw new Unauthorized('Wrong e-mail address or password.');
    }
    await attempt.succeeded();
    await welcome(req, res, user);
    res.redirect(303, nextPage(req.query.next));
  }

  async function welcome(req: Request, res: Response, user: { id: string; email: string }, notice?: string) {
    const stamp = await accounts.stampOf(user.id);
    await startUserSession(req, { id: user.id, stamp }, clock(), notice);
    devices.remember(req, res, user.email);
  }

  async function signOut(req: Request, res: Response) {
    await renewSession(req, 'You are signed out.');
    res.redirect(303, '/login');
  }
}

const notStored: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};
