import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { Actor } from '../accounts/actor.js';
import { page, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Bot } from '../bots/store.js';
import { tabs } from '../bots/tabs.js';
import type { ConversationService } from '../conversations/service.js';
import type { Deps } from '../deps.js';
import { panelOf } from '../figures/panel.js';
import { rangeQuery } from '../figures/range.js';
import type { FigureService } from '../figures/service.js';
import type { SourceService } from '../sources/service.js';
import { cards } from './cards.js';
import { eventType } from './catalogue.js';
import type { DeliveryService } from './deliveries.js';
import { notWhen } from './notWhen.js';
import { payloadNow } from './payloadNow.js';
import { receiverAnswers } from './receiverAnswers.js';
import { deliveryStatus } from './schema.js';
import { sentHeaders } from './sentHeaders.js';
import { healthOf, type WebhookService } from './service.js';
import { snippets } from './snippets.js';
import type { Webhook } from './store.js';

type Parts = {
  bots: BotService;
  sources: Pick<SourceService, 'namesOf' | 'listOf' | 'seenBy'>;
  conversations: Pick<ConversationService, 'listOf'>;
  webhooks: WebhookService;
  deliveries: DeliveryService;
  figures: FigureService;
};

/** A webhook's page: what became of each event; for a trigger, how to call it. */
export function deliveryRoutes(
  { clock, live }: Pick<Deps, 'clock' | 'live'>,
  { bots, sources, conversations, webhooks, deliveries, figures }: Parts,
): Router {
  const router = Router();
  router.get('/webhooks/:id', requireUser, show);
  router.get('/webhooks/:id/live', requireUser, stream);
  router.get('/webhooks/:id/secrets', requireUser, backToWebhook);
  router.post('/webhooks/:id/secrets', requireAdmin, show);
  router.post('/webhooks/:id/test', requireAdmin, sendTest);
  return router;

  async function show(req: Request, res: Response) {
    const actor = actorOf(req);
    const webhook = await webhooks.seenBy(actor, String(req.params.id));
    const bot = await bots.seenBy(actor, webhook.botId);
    const source = (await sources.namesOf(bot.id)).find(({ id }) => id === webhook.dataSourceId) ?? null;
    const shared = {
      bot,
      tabs,
      webhook,
      source,
      ...healthOf(webhook),
      card: cards.find(({ type }) => type === webhook.type),
    };
    if (webhook.type === 'sync.trigger') {
      const url = actor.role === 'admin' ? await webhooks.urlOf(webhook) : null;
      return res.render('webhooks/trigger', { ...shared, url, snippets: url ? snippets(url) : [] });
    }
    const query = pageQuery.extend({ status: deliveryStatus.optional() }).parse(req.query);
    const rows = await deliveries.listOf(webhook.id, query.status ?? null, windowOf(query, 'number'));
    const listed = page(
      rows,
      query.limit,
      (row) => [row.seq],
      (row) => row,
    );
    // Only a POST reveals: it carries the CSRF token and is in the audit log.
    const secrets = req.method === 'POST' ? await webhooks.reveal(webhook.id, actor, clock()) : null;
    res.render('webhooks/show', {
      ...shared,
      secrets,
      namesSources: webhook.type.startsWith('sync.') && webhook.dataSourceId === null,
      address: req.method === 'GET' ? req.originalUrl : `/app/webhooks/${webhook.id}`,
      status: query.status ?? '',
      statuses: deliveryStatus.options,
      deliveries: listed.data.map((delivery) => ({ ...delivery, source: sourceOf(delivery) })),
      next: listed.nextCursor,
      waiting: await deliveries.waiting(webhook.id),
      headerNames: webhooks.headerNames(webhook),
      pausesAt: webhooks.pausesAt(webhook),
      oldSignsUntil: await webhooks.oldSignsUntil(webhook, clock()),
      figures: await panel(req, webhook.id),
      about: await about(actor, bot, webhook),
    });
  }

  /** What somebody wants to know who sets up the receiving end. */
  async function about(actor: Actor, bot: Bot, webhook: Webhook) {
    const isOfSync = webhook.type.startsWith('sync.');
    const newest = { limit: 1, after: null };
    const [source] = !isOfSync
      ? []
      : webhook.dataSourceId
        ? [await sources.seenBy(actor, webhook.dataSourceId)]
        : await sources.listOf(bot.id, newest);
    const talks = isOfSync ? [] : (await conversations.listOf(bot.id, {}, newest)).rows;
    const present = { bot, source: source ?? null, conversation: talks[0] ?? null, actor };
    return {
      when: eventType(webhook.type)?.when,
      notWhen: notWhen[webhook.type as keyof typeof notWhen],
      payload: payloadNow(webhook, present, clock()),
      headers: sentHeaders.map((header) =>
        header.name === 'X-Hookbell-Event' ? { ...header, value: webhook.type } : header,
      ),
      answers: receiverAnswers,
    };
  }

  async function panel(req: Request, id: string) {
    const { range } = rangeQuery.parse(req.query);
    const shown = await figures.ofWebhook(actorOf(req), id, range, clock());
    return panelOf(shown, req, `/app/webhooks/${id}`, await figures.hasAny({ webhookId: id }));
  }

  /** Whoever reloads the address that showed the secrets sees the page without them. */
  function backToWebhook(req: Request, res: Response) {
    res.redirect(303, `/app/webhooks/${req.params.id}`);
  }

  async function stream(req: Request, res: Response) {
    const webhook = await webhooks.seenBy(actorOf(req), String(req.params.id));
    live.stream(req, res, [`webhook:${webhook.id}`]);
  }

  async function sendTest(req: Request, res: Response) {
    const delivery = await deliveries.sendTest(String(req.params.id), actorOf(req), clock());
    res.redirect(303, `/app/deliveries/${delivery.id}`);
  }
}

/** The data source that an event of a sync is about. */
const sourceOf = ({ body }: { body: string }) =>
  (JSON.parse(body) as { dataSource?: string }).dataSource ?? '';
