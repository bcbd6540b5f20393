import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireUser } from '../accounts/access.js';
import { page, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import { type EventType, eventTypes } from '../webhooks/catalogue.js';
import type { EventService } from './service.js';
import type { BotEvent } from './store.js';

type Parts = { bots: BotService; events: EventService };

/** Longer ones would fill the page; the API has them whole. */
const longestShown = 16 * 1024;

const types = eventTypes.map(({ type }: EventType) => type);
const asked = pageQuery.extend({ type: z.enum(types).optional() });

/** What happened to a bot, and what became of it, also where nobody was told. */
export function eventRoutes({ bots, events }: Parts): Router {
  const router = Router();
  router.get('/bots/:id/events', requireUser, list);
  return router;

  async function list(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const query = asked.parse(req.query);
    const rows = await events.listOf(bot.id, query.type ?? null, windowOf(query, 'number'));
    const listed = page(
      rows,
      query.limit,
      ({ seq }) => [seq],
      (row) => ({ ...row, ...shown(row) }),
    );
    res.render('events/list', {
      bot,
      tabs,
      address: req.originalUrl,
      types,
      type: query.type ?? '',
      events: listed.data,
      next: listed.nextCursor,
    });
  }
}

type Body = { dataSource?: string; conversation?: { id: string } };

function shown({ body }: BotEvent) {
  const parsed = JSON.parse(body) as Body;
  return {
    dataSource: parsed.dataSource ?? null,
    conversation: parsed.conversation?.id ?? null,
    payload: body.length <= longestShown ? JSON.stringify(parsed, null, 2) : null,
  };
}
