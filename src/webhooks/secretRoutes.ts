import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireAdmin } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { cards } from './cards.js';
import { rotation, signingRotation } from './schema.js';
import type { WebhookService } from './service.js';
import { requireOutgoing } from './sound.js';

const hour = 3_600_000;

type Parts = { bots: Pick<BotService, 'seenBy'>; webhooks: WebhookService };

const overlap = z.object({
  overlapHours: z.coerce
    .number('A number of hours from 0 to 720')
    .default(24)
    .pipe(signingRotation.shape.overlapHours.unwrap()),
});

const replacement = rotation.extend({ sure: z.literal('on', 'Tick this to go on') });

/** New secrets of a webhook; how they are shown is in deliveryRoutes.ts. */
export function secretRoutes({ clock }: Pick<Deps, 'clock'>, { bots, webhooks }: Parts): Router {
  const router = Router();
  router.get('/webhooks/:id/rotate-secret', requireAdmin, (req, res) => askSecret(req, res, emptyForm()));
  router.post('/webhooks/:id/rotate-secret', requireAdmin, submitted(rotateSecret, askSecret));
  router.get('/webhooks/:id/rotate-signing-secret', requireAdmin, (req, res) =>
    askSigning(req, res, emptyForm({ overlapHours: 24 })),
  );
  router.post('/webhooks/:id/rotate-signing-secret', requireAdmin, submitted(rotateSigning, askSigning));
  return router;

  async function askSecret(req: Request, res: Response, form: FormState) {
    res.render('webhooks/rotateSecret', { ...(await shown(req)), form });
  }

  async function askSigning(req: Request, res: Response, form: FormState) {
    const page = await shown(req);
    requireOutgoing(page.webhook);
    const oldSignsUntil = await webhooks.oldSignsUntil(page.webhook, clock());
    res.render('webhooks/rotateSigningSecret', { ...page, form, oldSignsUntil });
  }

  async function shown(req: Request) {
    const webhook = await webhooks.seenBy(actorOf(req), String(req.params.id));
    const bot = await bots.seenBy(actorOf(req), webhook.botId);
    return { webhook, bot, card: cards.find(({ type }) => type === webhook.type) };
  }

  async function rotateSecret(req: Request, res: Response) {
    const { secret } = replacement.parse(fields(req.body));
    await webhooks.rotateSecret(String(req.params.id), secret, actorOf(req), clock());
    req.session.notice = 'There is a new secret, and it counts from now on. The old one is worth nothing.';
    res.redirect(303, `/app/webhooks/${req.params.id}`);
  }

  async function rotateSigning(req: Request, res: Response) {
    const { overlapHours } = overlap.parse(fields(req.body));
    await webhooks.rotateSigningSecret(String(req.params.id), overlapHours * hour, actorOf(req), clock());
    const old =
      overlapHours > 0
        ? `For ${overlapHours} ${overlapHours === 1 ? 'hour' : 'hours'} the old one signs beside it.`
        : 'The old one signs no more.';
    req.session.notice = `There is a new signing secret. ${old}`;
    res.redirect(303, `/app/webhooks/${req.params.id}`);
  }
}
