import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import { windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import { fields } from '../http/form.js';
import { cursorOf } from './api.js';
import { asCsv, asJson } from './export.js';
import { conversationQuery, state } from './schema.js';
import type { ConversationService } from './service.js';
import { besideName, nameOf } from './shown.js';

type Parts = { bots: BotService; conversations: ConversationService };

const formats = {
  csv: { write: asCsv, type: 'text/csv; charset=utf-8' },
  json: { write: asJson, type: 'application/json; charset=utf-8' },
};

/** The conversations of a bot: to look through, and to take along. */
export function conversationTabRoutes({ bots, conversations }: Parts): Router {
  const router = Router();
  router.get('/bots/:id/conversations', requireUser, list);
  router.get('/bots/:id/conversations.csv', requireUser, (req, res) => download(req, res, 'csv'));
  router.get('/bots/:id/conversations.json', requireUser, (req, res) => download(req, res, 'json'));
  return router;

  async function list(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const query = conversationQuery.parse(fields(req.query));
    const { rows, next } = await conversations.listOf(bot.id, query, windowOf(query));
    const { state: inState, channelType, q } = query;
    const filter = {
      ...(q && { q }),
      ...(inState && { state: inState }),
      ...(channelType && { channelType }),
    };
    const address = (page: string, more = {}) => {
      const search = new URLSearchParams({ ...filter, ...more }).toString();
      return `/app/bots/${bot.id}/${page}${search && `?${search}`}`;
    };
    res.render('conversations/list', {
      bot,
      tabs,
      filter,
      states: state.options,
      conversations: rows.map((row) => ({ ...row, who: nameOf(row), address: besideName(row) })),
      next: next && address('conversations', { cursor: cursorOf(next) }),
      csv: address('conversations.csv'),
      json: address('conversations.json'),
    });
  }

  async function download(req: Request, res: Response, format: keyof typeof formats) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const filter = conversationQuery.parse(fields(req.query));
    const { write, type } = formats[format];
    res.set({ 'Content-Type': type, 'Cache-Control': 'no-store' }).attachment(`conversations.${format}`);
    await pipeline(Readable.from(write(conversations, bot.id, filter)), res).catch((error) => {
      // Whoever asked went away.
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    });
  }
}
