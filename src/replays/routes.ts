import { type Request, type RequestHandler, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { type FormState, submitted } from '../http/form.js';
import { cards } from '../webhooks/cards.js';
import { askedFor, blankForm, choices, lasts, orderOfForm } from './form.js';
import { inWords } from './inWords.js';
import type { Order, ReplayService } from './service.js';

type Parts = { bots: BotService; replays: ReplayService };

const shownBeside = 5;

/** A webhook's replays: beside its deliveries, and the form that previews and starts one. */
export function replayRoutes({ clock }: Pick<Deps, 'clock'>, { bots, replays }: Parts): Router {
  const router = Router();
  router.get('/webhooks/:id', requireUser, beside);
  router.post('/webhooks/:id/secrets', requireAdmin, beside);
  router.get('/webhooks/:id/replay', requireAdmin, show);
  router.post('/webhooks/:id/replay', requireAdmin, submitted(start, showRefused));
  router.post('/replays/:id/cancel', requireAdmin, cancel);
  return router;

  /** The page of a webhook has a place for the latest replays. */
  async function beside(...[req, res, next]: Parameters<RequestHandler>) {
    res.locals.replays = await replays.latestOf(String(req.params.id), shownBeside);
    next();
  }

  async function show(req: Request, res: Response) {
    if (Object.keys(req.query).length === 0) return render(req, res, blankForm(clock()), null);
    const { form, order } = askedFor(req.query, clock());
    if (!order) res.status(422);
    await render(req, res, form, order);
  }

  /** What could not be started is shown with the reason; it can be changed and previewed again. */
  function showRefused(req: Request, res: Response, form: FormState) {
    return render(req, res, form, null);
  }

  async function render(req: Request, res: Response, form: FormState, order: Order | null) {
    const actor = actorOf(req);
    const at = clock();
    const webhook = await replays.outgoing(actor, String(req.params.id));
    const preview = order && (await replays.preview(webhook, order, at));
    res.render('replays/form', {
      bot: await bots.seenBy(actor, webhook.botId),
      webhook,
      card: cards.find(({ type }) => type === webhook.type),
      form,
      preview: preview && { ...preview, lasts: lasts(preview.count, order) },
      waiting: preview?.count === 0 ? await replays.waiting(webhook.id) : 0,
      ...choices(at, await replays.sinceItFailed(webhook)),
    });
  }

  async function start(req: Request, res: Response) {
    const at = clock();
    const id = String(req.params.id);
    const replay = await replays.start(id, orderOfForm(req.body, at), actorOf(req), at);
    req.session.notice = inWords.begun(replay.total);
    res.redirect(303, `/app/webhooks/${id}`);
  }

  async function cancel(req: Request, res: Response) {
    const { replay, webhook } = await replays.cancel(String(req.params.id), actorOf(req), clock());
    req.session.notice = inWords.cancelled(replay);
    const back =
      req.body.back === 'bot' ? `/app/bots/${webhook.botId}/replay` : `/app/webhooks/${webhook.id}`;
    res.redirect(303, back);
  }
}
