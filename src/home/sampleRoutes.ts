import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { type FormState, submitted } from '../http/form.js';
import { requestsShown } from '../receivers/requestsShown.js';
import type { ReceiverService } from '../receivers/service.js';
import type { WebhookService } from '../webhooks/service.js';
import { snippets } from '../webhooks/snippets.js';
import type { SampleService } from './sample.js';
import { sampleQuestions } from './sampleShop.js';
import type { Sample } from './settings.js';

type Parts = {
  bots: BotService;
  webhooks: WebhookService;
  receivers: ReceiverService;
  sample: SampleService;
};

const latest = { limit: 5, after: null };

/** The sample bot: made with one click, and a page on which a call from a terminal comes back as an event. */
export function sampleRoutes(
  { clock }: Pick<Deps, 'clock'>,
  { bots, webhooks, receivers, sample }: Parts,
): Router {
  const router = Router();
  router.get('/sample', requireAdmin, show);
  router.post('/sample', requireAdmin, submitted(make, refused));
  return router;

  async function make(req: Request, res: Response) {
    await sample.make(actorOf(req), clock());
    res.redirect(303, '/app/sample');
  }

  function refused(_req: Request, res: Response, { problem }: FormState) {
    res.render('home/noSample', { problem });
  }

  async function show(req: Request, res: Response) {
    const made = await sample.find();
    if (!made) return res.redirect(303, '/app');
    const actor = actorOf(req);
    const bot = await bots.seenBy(actor, made.botId);
    const parts = await partsOf(req, made).catch((error) => {
      // Somebody deleted one of them, or nobody used the receiver for a week.
      if (error instanceof NotFound) return null;
      throw error;
    });
    res.set('Cache-Control', 'no-store').render('home/sample', {
      bot,
      made,
      parts,
      questions: sampleQuestions,
    });
  }

  async function partsOf(req: Request, made: Sample) {
    const actor = actorOf(req);
    const receiver = await receivers.seenBy(actor, made.receiverId);
    const trigger = await webhooks.seenBy(actor, made.triggerId);
    const hook = await webhooks.seenBy(actor, made.webhookId);
    const url = await webhooks.urlOf(trigger);
    const rows = await receivers.requestsOf(receiver, latest);
    return {
      receiver,
      hook,
      url,
      curl: snippets(url)[0]!.code,
      requests: await requestsShown(receivers, rows.slice(0, latest.limit), clock()),
    };
  }
}
