import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import type { Deps } from '../deps.js';
import { type FormState, submitted } from '../http/form.js';
import { cards } from '../webhooks/cards.js';
import { askedForBot, type BotOrder, blankForm, botOrderOfForm, choices, lasts } from './form.js';
import { inWords } from './inWords.js';
import type { ReplayService } from './service.js';

type Parts = { bots: BotService; replays: ReplayService };

const shown = 20;

/** Replays of several webhooks of a bot, by the types of their events. */
export function botReplayRoutes({ clock }: Pick<Deps, 'clock'>, { bots, replays }: Parts): Router {
  const router = Router();
  router.get('/bots/:id/replay', requireAdmin, show);
  router.post('/bots/:id/replay', requireAdmin, submitted(start, showRefused));
  return router;

  async function show(req: Request, res: Response) {
    if (Object.keys(req.query).length === 0) return render(req, res, blankForm(clock()), null);
    const { form, order } = askedForBot(req.query, clock());
    if (!order) res.status(422);
    await render(req, res, form, order);
  }

  function showRefused(req: Request, res: Response, form: FormState) {
    return render(req, res, form, null);
  }

  async function render(req: Request, res: Response, form: FormState, order: BotOrder | null) {
    const at = clock();
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const existing = await replays.webhooksOf(bot.id, null);
    const chosen = form.values.types === undefined ? null : [form.values.types].flat();
    const previews = order && (await replays.previewAll(bot.id, order.types, order, at));
    const startable = (previews ?? []).filter(({ refusal }) => refusal === null);
    res.render('replays/bot', {
      bot,
      tabs,
      form,
      types: cards
        .filter(({ type }) => existing.some((webhook) => webhook.type === type))
        .map(({ type, title }) => ({ type, title, checked: chosen === null || chosen.includes(type) })),
      previews,
      count: startable.reduce((sum, { count }) => sum + count, 0),
      lasts: order && lasts(Math.max(0, ...startable.map(({ count }) => count)), order),
      replays: await replays.latestOfBot(bot.id, shown),
      address: req.method === 'GET' ? req.originalUrl : `/app/bots/${bot.id}/replay`,
      ...choices(at),
    });
  }

  async function start(req: Request, res: Response) {
    const at = clock();
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const { types, ...order } = botOrderOfForm(req.body, at);
    const begun = await replays.startAll(bot.id, types, order, actorOf(req), at);
    req.session.notice = inWords.begun(begun.reduce((sum, { total }) => sum + total, 0));
    res.redirect(303, `/app/bots/${bot.id}/replay`);
  }
}
