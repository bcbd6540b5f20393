import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { apiErrors } from '../http/problem.js';
import { rangeQuery } from './range.js';
import { showFigures } from './schema.js';
import type { FigureService } from './service.js';

type Parts = { bots: Pick<BotService, 'list'>; figures: FigureService };

const allBots = { limit: 5000, after: null };
/** A page of many webhooks is renewed this often at most, in ms. */
const pause = 1000;

/** The figures that charts are drawn from; refusals are JSON, too. */
export function figureRoutes(
  { clock, live }: Pick<Deps, 'clock' | 'live'>,
  { bots, figures }: Parts,
): Router {
  const router = Router();
  router.get('/figures.json', requireUser, showAll, apiErrors);
  router.get('/figures/live', requireUser, stream);
  router.get('/webhooks/:id/figures.json', requireUser, showOne, apiErrors);
  return router;

  async function showAll(req: Request, res: Response) {
    const { range } = rangeQuery.parse(req.query);
    res.json(showFigures(await figures.ofAll(actorOf(req), range, clock())));
  }

  async function showOne(req: Request, res: Response) {
    const { range } = rangeQuery.parse(req.query);
    res.json(showFigures(await figures.ofWebhook(actorOf(req), String(req.params.id), range, clock())));
  }

  /** Tells the dashboard of deliveries of all bots that this user may see. */
  async function stream(req: Request, res: Response) {
    const topics = (await bots.list(actorOf(req), allBots)).map(({ id }) => `bot:${id}`);
    const { send, onClose } = live.open(req, res);
    let timer: NodeJS.Timeout | null = null;
    const tell = (event: string) => {
      if (event !== 'delivery') return;
      timer ??= setTimeout(() => {
        timer = null;
        send('delivery', {});
      }, pause).unref();
    };
    const stops = topics.map((topic) => live.listen(topic, tell));
    onClose(() => {
      if (timer) clearTimeout(timer);
      for (const stop of stops) stop();
    });
  }
}
