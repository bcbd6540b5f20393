import { type Request, type RequestHandler, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import type { Actor } from '../accounts/actor.js';
import { pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { fields } from '../http/form.js';
import { cursorOf } from './api.js';
import type { ConversationService } from './service.js';
import { besideName, nameOf } from './shown.js';

type Parts = { bots: BotService; conversations: ConversationService };

const allBots = { limit: 5000, after: null };

/** The conversations that need a human: waiting, one's own, and those that others have. */
export function inboxRoutes({ live }: Pick<Deps, 'live'>, { bots, conversations }: Parts): Router {
  const router = Router();
  router.get('/inbox', requireUser, show);
  router.get('/inbox/live', requireUser, stream);
  return router;

  async function show(req: Request, res: Response) {
    const actor = actorOf(req);
    const query = pageQuery.parse(fields(req.query));
    const { rows, next } = await conversations.inbox(actor, windowOf(query, 'number, id'));
    const shown = rows.map((row) => ({ ...row, who: nameOf(row), address: besideName(row) }));
    const active = shown.filter(({ state }) => state === 'Active');
    const isMine = (row: (typeof shown)[number]) => row.claimedBy?.id === actor.id;
    res.render('inbox/show', {
      address: req.originalUrl,
      waiting: shown.filter(({ state }) => state === 'Escalated'),
      mine: active.filter(isMine),
      others: active.filter((row) => !isMine(row)),
      isFirst: !query.cursor,
      next: next && cursorOf(next),
      bots: rows.length === 0 ? (await bots.list(actor, { limit: 5, after: null })).slice(0, 5) : [],
    });
  }

  async function stream(req: Request, res: Response) {
    live.stream(req, res, await inboxTopics(bots, actorOf(req)));
  }
}

/** What may be told of to this user: admins hear of all bots, agents of those that were given to them. */
export async function inboxTopics(bots: Pick<BotService, 'list'>, actor: Actor): Promise<string[]> {
  if (actor.role === 'admin') return ['inbox'];
  return (await bots.list(actor, allBots)).map(({ id }) => `inbox:${id}`);
}

/** How many wait for a human, for the navigation of every page. */
export function countWaiting(conversations: Pick<ConversationService, 'waiting'>): RequestHandler {
  return async (req, res, next) => {
    res.locals.inboxCount = req.user ? await conversations.waiting(req.user) : 0;
    next();
  };
}
