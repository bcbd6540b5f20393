import { join } from 'node:path';
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { hookbell } from '../accounts/actor.js';
import type { BotService } from '../bots/service.js';
import type { ConversationService } from '../conversations/service.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { emptyForm, formBody, submitted } from '../http/form.js';
import { type FormChat, formChat } from './formChat.js';
import { mayBeFramedBy } from './framing.js';

const own = (file: string) => join(import.meta.dirname, '../../../public', file);

/** What visitors load: `/widget.js` on the host's pages, and `/chat/{botId}`, which it frames. No cookies. */
export function widgetRoutes(
  deps: Pick<Deps, 'clock' | 'vault'>,
  bots: Pick<BotService, 'seenBy'>,
  conversations: ConversationService,
): Router {
  const { talk, standing } = formChat(deps, bots, conversations);

  const router = Router();
  router.get('/widget.js', sendOpenly(own('widget.js')));
  router.get('/widget.d.ts', sendOpenly(own('widget.d.ts'), 'application/typescript; charset=utf-8'));
  router.get('/chat/:botId', (req, res) => show(req, res, emptyForm()));
  router.post('/chat/:botId', formBody, submitted(answer, show));
  router.use('/chat/:botId', gone);
  return router;

  async function answer(req: Request, res: Response) {
    const { conversation, token } = await talk(req);
    await show(req, res, emptyForm({ conversation: conversation.id, token }));
  }

  async function show(req: Request, res: Response, form: FormChat) {
    const bot = await bots.seenBy(hookbell, String(req.params.botId));
    mayBeFramedBy(res, bot.allowedOrigins);
    res.set('Cache-Control', 'no-store');
    const isEmbedded = req.query.embedded === '1';
    const address = `/chat/${bot.id}${isEmbedded ? '?embedded=1' : ''}`;
    res.render('chat/show', { bot, form, address, ...(await standing(bot, form)) });
  }
}

/** Other sites may load it, even isolated ones (COEP): Helmet's `same-origin` would stop them. */
function sendOpenly(file: string, type?: string): RequestHandler {
  return (_req, res) => {
    res.set({ 'Cross-Origin-Resource-Policy': 'cross-origin', 'Access-Control-Allow-Origin': '*' });
    if (type) res.type(type);
    res.sendFile(file, { maxAge: '5m' });
  };
}

const gone: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof NotFound)) return next(error);
  res.status(404).render('chat/gone');
};
