import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireUser } from '../accounts/access.js';
import type { Asked, Asking } from '../answers/asking.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import type { SourceService } from '../sources/service.js';
import type { WebhookService } from '../webhooks/service.js';
import type { BotService } from './service.js';
import type { Bot } from './store.js';
import { tabs } from './tabs.js';

type Parts = { bots: BotService; sources: SourceService; webhooks: WebhookService; asking: Asking };

const asked = z.strictObject({
  question: z
    .string('Write a question')
    .trim()
    .min(1, 'Write a question')
    .max(2000, 'At most 2,000 characters'),
});

const decimals = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** A bot at a glance, and what it answers. */
export function overviewRoutes({ bots, sources, webhooks, asking }: Parts): Router {
  const router = Router();
  router.get('/bots/:id', requireUser, (req, res) => show(req, res, emptyForm()));
  router.get('/bots/:id/ask', requireUser, (req, res) => res.redirect(303, `/app/bots/${req.params.id}`));
  router.post('/bots/:id/ask', requireUser, submitted(ask, show));
  return router;

  async function show(req: Request, res: Response, form: FormState) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    await render(res, bot, form, null);
  }

  async function ask(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const { question } = asked.parse(fields(req.body));
    const gone = new AbortController();
    res.on('close', () => gone.abort());
    const answer = await asking.ask(bot, question, gone.signal).catch((error) => {
      // Whoever asked went away.
      if (gone.signal.aborted) return null;
      throw error;
    });
    if (answer) await render(res, bot, emptyForm({ question }), answer);
  }

  async function render(res: Response, bot: Bot, form: FormState, answer: Asked | null) {
    const usage = await sources.usage(bot.id);
    const names = new Map((await sources.namesOf(bot.id)).map((source) => [source.id, source.name]));
    const [page, hooks] = [`/app/bots/${bot.id}/data-sources`, `/app/bots/${bot.id}/webhooks`];
    res.render('bots/overview', {
      bot,
      tabs,
      form,
      hasModel: asking.hasModel,
      rows: usage.rows,
      answer: answer && {
        ...answer,
        passages: answer.passages.map((passage) => ({
          ...passage,
          link: passage.url && /^https?:\/\//i.test(passage.url) ? passage.url : null,
          score: decimals.format(passage.score),
          source: names.get(passage.dataSourceId) ?? 'a deleted data source',
        })),
      },
      figures: [
        { label: 'Data sources', value: names.size, href: page },
        { label: 'Rows', value: usage.rows, href: page },
        { label: 'Storage tokens', value: usage.tokens, href: page },
        { label: 'Webhooks', value: await webhooks.countOf(bot.id), href: hooks },
      ],
    });
  }
}
