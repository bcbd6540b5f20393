import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import type { Deps } from '../deps.js';
import { Invalid } from '../errors.js';
import { emptyForm, type FormState, submitted } from '../http/form.js';
import { cards, isSourceBound } from './cards.js';
import { type WebhookType, webhookTypes } from './catalogue.js';
import type { DeliveryService } from './deliveries.js';
import { changesFromForm, formFromWebhook, moreOf, webhookFromForm } from './form.js';
import { newWebhook, webhookChanges } from './schema.js';
import { healthOf, type WebhookService } from './service.js';

type Parts = {
  bots: BotService;
  sources: { namesOf: (botId: string) => Promise<{ id: string; name: string }[]> };
  webhooks: WebhookService;
  deliveries: DeliveryService;
};

const all = { limit: 200, after: null };

/** Setting webhooks up; what becomes of their deliveries is in deliveryRoutes.ts. */
export function webhookRoutes(
  { clock, config }: Pick<Deps, 'clock' | 'config'>,
  { bots, sources, webhooks, deliveries }: Parts,
): Router {
  const router = Router();
  router.get('/bots/:id/webhooks', requireUser, list);
  router.get('/bots/:id/webhooks/new', requireAdmin, (req, res) =>
    showNew(req, res, emptyForm({ inOrder: true })),
  );
  router.post('/bots/:id/webhooks', requireAdmin, submitted(create, showNew));
  router.get('/webhooks/:id/edit', requireAdmin, showStored);
  router.post('/webhooks/:id/edit', requireAdmin, submitted(change, showEdit));
  router.get('/webhooks/:id/delete', requireAdmin, confirmRemoval);
  router.post('/webhooks/:id/delete', requireAdmin, remove);
  router.post('/webhooks/:id/pause', requireAdmin, pause);
  router.post('/webhooks/:id/resume', requireAdmin, resume);
  router.post('/webhooks/:id/try', requireAdmin, tryNow);
  return router;

  async function list(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const names = new Map((await sources.namesOf(bot.id)).map((source) => [source.id, source.name]));
    const existing = (await webhooks.listOf(bot.id, all)).map((webhook) => ({
      ...webhook,
      ...healthOf(webhook),
      source: webhook.dataSourceId && (names.get(webhook.dataSourceId) ?? 'a deleted data source'),
    }));
    const shown = cards.map((card) => ({
      ...card,
      webhooks: existing.filter(({ type }) => type === card.type),
    }));
    res.render('webhooks/list', { bot, tabs, cards: shown });
  }

  async function showNew(req: Request, res: Response, form: FormState) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const type = typeOf(form.values.type ?? req.query.type);
    const card = cardOf(type);
    res.render('webhooks/form', {
      bot,
      tabs,
      form,
      card,
      sources: isSourceBound(type) ? await sources.namesOf(bot.id) : [],
      more: moreOf(form, card, [], config),
      webhook: null,
    });
  }

  async function create(req: Request, res: Response) {
    const input = newWebhook.parse(webhookFromForm(req.body));
    const { webhook } = await webhooks.create(String(req.params.id), input, actorOf(req), clock());
    req.session.notice =
      webhook.type === 'sync.trigger'
        ? 'The trigger is ready. Call its URL to start a sync.'
        : 'The webhook is ready. Send a test event to see it arrive.';
    res.redirect(303, `/app/webhooks/${webhook.id}`);
  }

  async function showStored(req: Request, res: Response) {
    const webhook = await webhooks.seenBy(actorOf(req), String(req.params.id));
    await showEdit(req, res, emptyForm(formFromWebhook(webhook, webhooks.headerNames(webhook))));
  }

  async function showEdit(req: Request, res: Response, form: FormState) {
    const webhook = await webhooks.seenBy(actorOf(req), String(req.params.id));
    const bot = await bots.seenBy(actorOf(req), webhook.botId);
    const card = cardOf(webhook.type);
    res.render('webhooks/form', {
      bot,
      tabs,
      form,
      card,
      sources: isSourceBound(webhook.type) ? await sources.namesOf(bot.id) : [],
      more: moreOf(form, card, webhooks.headerNames(webhook), config),
      webhook,
    });
  }

  async function change(req: Request, res: Response) {
    const id = String(req.params.id);
    const webhook = await webhooks.seenBy(actorOf(req), id);
    await webhooks.change(
      id,
      webhookChanges.parse(changesFromForm(req.body, webhook)),
      actorOf(req),
      clock(),
    );
    req.session.notice = 'Updated.';
    res.redirect(303, `/app/webhooks/${id}`);
  }

  async function confirmRemoval(req: Request, res: Response) {
    const webhook = await webhooks.seenBy(actorOf(req), String(req.params.id));
    const bot = await bots.seenBy(actorOf(req), webhook.botId);
    const card = cardOf(webhook.type);
    res.render('webhooks/delete', { bot, webhook, card, waiting: await deliveries.waiting(webhook.id) });
  }

  async function remove(req: Request, res: Response) {
    const webhook = await webhooks.seenBy(actorOf(req), String(req.params.id));
    await webhooks.remove(webhook.id, actorOf(req), clock());
    req.session.notice = 'The webhook was deleted.';
    res.redirect(303, `/app/bots/${webhook.botId}/webhooks`);
  }

  async function pause(req: Request, res: Response) {
    const { id } = await webhooks.pause(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'Paused: events wait and are kept.';
    res.redirect(303, `/app/webhooks/${id}`);
  }

  async function tryNow(req: Request, res: Response) {
    const { id } = await webhooks.tryNow(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'One delivery is being tried.';
    res.redirect(303, `/app/webhooks/${id}`);
  }

  async function resume(req: Request, res: Response) {
    const { id } = await webhooks.resume(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'Resumed: what waited is being sent.';
    res.redirect(303, `/app/webhooks/${id}`);
  }
}

const cardOf = (type: WebhookType) => cards.find((card) => card.type === type)!;

function typeOf(given: unknown): WebhookType {
  const type = webhookTypes.find((known) => known === given);
  if (!type) throw new Invalid([{ path: 'type', message: `One of ${webhookTypes.join(', ')}` }]);
  return type;
}
