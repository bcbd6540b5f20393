import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { Actor } from '../accounts/actor.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { emptyForm, type FormState, submitted } from '../http/form.js';
import type { ReceiverService } from './service.js';

type Parts = {
  receivers: ReceiverService;
  webhooks: { seenBy: (actor: Actor, id: string) => Promise<{ targetUrl: string | null }> };
};

const forms = /^\/app\/(bots\/[\w-]+\/webhooks\/new\?type=[\w.]+|webhooks\/[\w-]+\/edit)$/;

/** Test receivers on the pages of webhooks: one click fills in the target, and leads to what arrives there. */
export function receiverTargetRoutes({ clock }: Pick<Deps, 'clock'>, { receivers, webhooks }: Parts): Router {
  const router = Router();
  router.post('/receivers/as-target', requireAdmin, submitted(create, showRefusal));
  router.get('/bots/:id/webhooks/new', requireAdmin, fillIn);
  router.get('/webhooks/:id/edit', requireAdmin, fillIn);
  router.get('/webhooks/:id', requireUser, leadTo);
  return router;

  async function create(req: Request, res: Response) {
    const back = backFrom(req);
    const receiver = await receivers.create(actorOf(req), clock());
    if (res.locals.isPart) return showField(res, back, emptyForm(), await filled(receiver.id, actorOf(req)));
    res.redirect(303, `${back}${back.includes('?') ? '&' : '?'}receiver=${receiver.id}`);
  }

  function showRefusal(req: Request, res: Response, form: FormState) {
    // Only the field is shown again, below what refused it: to htmx, a refusal is no part of a page.
    if (res.locals.isPart) {
      const errors = { targetUrl: form.problem ?? '' };
      return showField(res.status(200), backFrom(req), { ...form, errors }, null);
    }
    req.session.notice = form.problem ?? '';
    res.redirect(303, '/app/receivers');
  }

  function showField(res: Response, back: string, form: FormState, testReceiver: object | null): void {
    res.set('Cache-Control', 'no-store').render('receivers/targetField', { back, form, testReceiver });
  }

  async function fillIn(req: Request, res: Response, next: () => void) {
    const { receiver } = req.query;
    if (typeof receiver === 'string') res.locals.testReceiver = await filled(receiver, actorOf(req));
    next();
  }

  async function filled(id: string, actor: Actor) {
    const receiver = await receivers.seenBy(actor, id);
    return { id, name: receiver.name, url: receivers.urlOf(receiver) };
  }

  async function leadTo(req: Request, res: Response, next: () => void) {
    const { targetUrl } = await webhooks.seenBy(actorOf(req), String(req.params.id));
    res.locals.behind = await receivers.behind(targetUrl, actorOf(req));
    next();
  }
}

function backFrom({ body }: Request): string {
  const { back } = body as { back?: unknown };
  if (typeof back !== 'string' || !forms.test(back)) throw new NotFound();
  return back;
}
