import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { cards } from './cards.js';
import type { DeliveryService } from './deliveries.js';
import { healthOf, type WebhookService } from './service.js';
import { timeline } from './timeline.js';

type Parts = { bots: BotService; webhooks: WebhookService; deliveries: DeliveryService };

const chosen = z.object({ attempt: z.coerce.number().int().min(1).nullable().catch(null) });

/** A delivery's page: what was sent and answered each time, how it was signed, and how to repeat it by hand. */
export function deliveryPageRoutes(
  { clock }: Pick<Deps, 'clock'>,
  { bots, webhooks, deliveries }: Parts,
): Router {
  const router = Router();
  router.get('/deliveries/:id', requireUser, show);
  router.get('/deliveries/:id/secrets', requireUser, backToDelivery);
  router.post('/deliveries/:id/secrets', requireAdmin, show);
  router.post('/deliveries/:id/redeliver', requireAdmin, redeliver);
  return router;

  async function show(req: Request, res: Response) {
    const actor = actorOf(req);
    const { delivery, attempts } = await deliveries.withAttempts(actor, String(req.params.id));
    const webhook = await webhooks.seenBy(actor, delivery.webhookId);
    const bot = await bots.seenBy(actor, webhook.botId);
    const isAsked = req.method === 'POST';
    // Only a POST reveals: it carries the CSRF token and is in the audit log.
    const revealed = isAsked ? await webhooks.reveal(webhook.id, actor, clock()) : null;
    const { attempt } = chosen.parse(isAsked ? req.body : req.query);
    res.render('webhooks/delivery', {
      bot,
      webhook,
      card: cards.find(({ type }) => type === webhook.type),
      delivery,
      payload: JSON.stringify(JSON.parse(delivery.body), null, 2),
      attempts: timeline(attempts).reverse(),
      explained: await deliveries.explain({ delivery, attempts }, attempt, revealed),
      address: isAsked ? addressOf(delivery.id, attempt) : req.originalUrl,
      ...healthOf(webhook),
    });
  }

  /** Whoever reloads the address that showed the secrets sees the page without them. */
  function backToDelivery(req: Request, res: Response) {
    res.redirect(303, addressOf(String(req.params.id), null));
  }

  async function redeliver(req: Request, res: Response) {
    const delivery = await deliveries.redeliver(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'Being sent again, with the same id.';
    res.redirect(303, addressOf(delivery.id, null));
  }
}

const addressOf = (id: string, attempt: number | null) =>
  `/app/deliveries/${id}${attempt ? `?attempt=${attempt}` : ''}`;
