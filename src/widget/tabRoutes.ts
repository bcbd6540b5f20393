import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import type { Config } from '../config.js';
import { mayFrameOurs } from './framing.js';
import { calls, events, stub } from './sdk.js';

/** The tab of a bot that says how the widget comes onto a page. */
export function widgetTabRoutes({ config }: { config: Pick<Config, 'publicUrl'> }, bots: BotService): Router {
  const router = Router();
  router.get('/bots/:id/widget', requireUser, show);
  router.get('/bots/:id/widget/preview', requireUser, preview);
  return router;

  async function show(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    res.render('bots/widget', {
      bot,
      tabs,
      snippet: `<script src="${config.publicUrl}/widget.js" data-bot="${bot.id}" async></script>`,
      chatUrl: `${config.publicUrl}/chat/${bot.id}`,
      publicOrigin: new URL(config.publicUrl).origin,
      sdk: { calls, events, stub, types: `${config.publicUrl}/widget.d.ts` },
    });
  }

  async function preview(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    mayFrameOurs(res);
    res.render('bots/widgetPreview', { bot });
  }
}
