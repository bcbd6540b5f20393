import { join } from 'node:path';
import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import { hookbell } from '../accounts/actor.js';
import type { BotService } from '../bots/service.js';
import type { ConversationService } from '../conversations/service.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { emptyForm, formBody, submitted } from '../http/form.js';
import { type FormChat, formChat } from './formChat.js';
import { mayBeFramedBy } from './framing.js';

const script = join(import.meta.dirname, '../../../public/widget.js');

/** What visitors load: `/widget.js` on the host's pages, and `/chat/{botId}`, which it frames. No cookies. */
export function widgetRoutes(
  deps: Pick<Deps, 'clock' | 'vault'>,
  bots: Pick<BotService, 'seenBy'>,
  conversations: ConversationService,
): Router {
  const { talk, standing } = formChat(deps, bots, conversations);

  const router = Router();
  router.get('/widget.js', sendScript);
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
function sendScript(_req: Request, res: Response): void {
  res.set({ 'Cross-Origin-Resource-Policy': 'cross-origin', 'Access-Control-Allow-Origin': '*' });
  res.sendFile(script, { maxAge: '5m' });
}

const gone: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof NotFound)) return next(error);
  res.status(404).render('chat/gone');
};
