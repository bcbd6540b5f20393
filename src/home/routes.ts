import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { panelOf } from '../figures/panel.js';
import { rangeQuery } from '../figures/range.js';
import type { FigureService } from '../figures/service.js';
import type { SourceService } from '../sources/service.js';
import { cards } from '../webhooks/cards.js';
import { healthOf, type WebhookService } from '../webhooks/service.js';
import type { FirstStepsService } from './firstSteps.js';
import type { SampleService } from './sample.js';
import { failedSources, namesOfBots } from './store.js';

type Parts = {
  bots: BotService;
  sources: SourceService;
  webhooks: WebhookService;
  figures: FigureService;
  firstSteps: FirstStepsService;
  sample: SampleService;
};

const shownBots = { limit: 12, after: null };

/** The dashboard: the bots, and what needs somebody's attention. */
export function homeRoutes(
  { reader, clock, live }: Pick<Deps, 'reader' | 'clock' | 'live'>,
  { bots, sources, webhooks, figures, firstSteps, sample }: Parts,
): Router {
  const router = Router();
  router.get('/', requireUser, show);
  router.post('/first-steps/dismiss', requireAdmin, dismiss);
  router.get('/live', requireAdmin, (req, res) => live.stream(req, res, ['webhooks']));
  return router;

  async function show(req: Request, res: Response) {
    const actor = actorOf(req);
    const seen = (await bots.list(actor, shownBots)).slice(0, shownBots.limit);
    const cards = await Promise.all(
      seen.map(async (bot) => ({
        ...bot,
        ...(await sources.usage(bot.id)),
        sources: (await sources.namesOf(bot.id)).length,
        webhooks: await webhooks.countOf(bot.id),
      })),
    );
    const isAdmin = actor.role === 'admin';
    res.render('home/dashboard', {
      address: req.originalUrl,
      figures: cards.length > 0 ? await panel(req) : null,
      bots: cards,
      unwell: isAdmin ? await needingAttention() : [],
      steps: isAdmin ? await firstSteps.current() : null,
      sample: isAdmin ? await sample.find() : null,
      failed: isAdmin ? await failedSources(reader) : [],
    });
  }

  async function needingAttention() {
    const unwell = await webhooks.unwell();
    const names = await namesOfBots(
      reader,
      unwell.map(({ botId }) => botId),
    );
    return unwell.map((webhook) => ({
      ...webhook,
      ...healthOf(webhook),
      title: cards.find(({ type }) => type === webhook.type)?.title ?? webhook.type,
      botName: names.get(webhook.botId) ?? '',
    }));
  }

  async function dismiss(req: Request, res: Response) {
    await firstSteps.dismiss(actorOf(req), clock());
    req.session.notice = 'The first steps are gone. The README has them, too.';
    res.redirect(303, '/app');
  }

  async function panel(req: Request) {
    const actor = actorOf(req);
    const { range } = rangeQuery.parse(req.query);
    return panelOf(await figures.ofAll(actor, range, clock()), req, '/app', await figures.hasAny({ actor }));
  }
}
