import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { cards } from './cards.js';
import { eventTypes, jsonSchemaOf } from './catalogue.js';
import { receiverAnswers } from './receiverAnswers.js';
import { receiverPrograms } from './receiverPrograms.js';
import { retryWords } from './retryWords.js';
import { fieldsOf } from './schemaFields.js';
import { sentHeaders } from './sentHeaders.js';
import type { WebhookService } from './service.js';
import { requireOutgoing } from './sound.js';

type Parts = { bots: Pick<BotService, 'seenBy'>; webhooks: Pick<WebhookService, 'seenBy'> };

const events = eventTypes.map((event) => {
  const schema = jsonSchemaOf(event);
  const [example, jsonSchema] = [event.example, schema].map((json) => JSON.stringify(json, null, 2));
  return { ...event, example, jsonSchema, fields: fieldsOf(schema) };
});

/** What somebody reads who writes a receiver: programs to start from, and every event that may come. */
export function receiverRoutes({ config }: Pick<Deps, 'config'>, { bots, webhooks }: Parts): Router {
  const router = Router();
  router.get('/event-types', requireUser, (_req, res) =>
    res.render('webhooks/eventTypes', { events, sentHeaders, receiverAnswers, retry: retryWords(config) }),
  );
  router.get('/webhooks/:id/receiver', requireUser, showPrograms);
  return router;

  async function showPrograms(req: Request, res: Response) {
    const actor = actorOf(req);
    const webhook = await webhooks.seenBy(actor, String(req.params.id));
    requireOutgoing(webhook);
    const bot = await bots.seenBy(actor, webhook.botId);
    const card = cards.find(({ type }) => type === webhook.type);
    res.render('webhooks/receiver', {
      bot,
      webhook,
      card,
      programs: receiverPrograms,
      retry: retryWords(config),
    });
  }
}
