import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import type { KnowledgeSearch } from '../knowledge/search.js';
import type { SourceService } from '../sources/service.js';
import type { WebhookService } from '../webhooks/service.js';
import type { BotService } from './service.js';
import { tabs } from './tabs.js';

type Parts = { bots: BotService; sources: SourceService; webhooks: WebhookService; search: KnowledgeSearch };

/** A bot at a glance, and what it finds. */
export function overviewRoutes({ bots, sources, webhooks, search }: Parts): Router {
  const router = Router();
  router.get('/bots/:id', requireUser, show);
  return router;

  async function show(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const usage = await sources.usage(bot.id);
    const names = new Map((await sources.namesOf(bot.id)).map((source) => [source.id, source.name]));
    const q = String(req.query.q ?? '').trim();
    const found = q ? await search(bot.id, q, 10) : null;
    const [page, hooks] = [`/app/bots/${bot.id}/data-sources`, `/app/bots/${bot.id}/webhooks`];
    res.render('bots/overview', {
      bot,
      tabs,
      q,
      found: found?.map((passage) => ({
        ...passage,
        text: withoutTitle(passage),
        source: names.get(passage.dataSourceId) ?? 'a deleted data source',
      })),
      figures: [
        { label: 'Data sources', value: names.size, href: page },
        { label: 'Rows', value: usage.rows, href: page },
        { label: 'Storage tokens', value: usage.tokens, href: page },
        { label: 'Webhooks', value: await webhooks.countOf(bot.id), href: hooks },
      ],
    });
  }
}

/** The text of a page often begins with its title, which stands above it already. */
function withoutTitle({ title, text }: { title: string; text: string }): string {
  return title !== '' && text.startsWith(`${title}\n`) ? text.slice(title.length).trimStart() : text;
}
