import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireUser } from '../accounts/access.js';
import type { Draft } from '../answers/answers.js';
import type { Asked, Asking } from '../answers/asking.js';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import type { Stream } from '../http/live.js';
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
export function overviewRoutes(
  { live }: Pick<Deps, 'live'>,
  { bots, sources, webhooks, asking }: Parts,
): Router {
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
    const isWatched = req.accepts(['html', 'text/event-stream']) === 'text/event-stream';
    const stream = isWatched ? live.open(req, res) : null;
    const draft = stream ? draftOn(stream) : undefined;
    const answer = await asking.ask(bot, question, gone.signal, draft).catch((error) => {
      // Whoever asked went away.
      if (gone.signal.aborted) return null;
      throw error;
    });
    if (!answer) return;
    const form = emptyForm({ question });
    if (stream) await sendPart(res, stream, await shown(bot, form, answer));
    else await render(res, bot, form, answer);
  }

  async function render(res: Response, bot: Bot, form: FormState, answer: Asked | null) {
    const page = await shown(bot, form, answer);
    const [sourcesTab, hooksTab] = [`/app/bots/${bot.id}/data-sources`, `/app/bots/${bot.id}/webhooks`];
    res.render('bots/overview', {
      ...page,
      tabs,
      figures: [
        { label: 'Data sources', value: page.sources, href: sourcesTab },
        { label: 'Rows', value: page.rows, href: sourcesTab },
        { label: 'Storage tokens', value: page.tokens, href: sourcesTab },
        { label: 'Webhooks', value: await webhooks.countOf(bot.id), href: hooksTab },
      ],
    });
  }

  async function shown(bot: Bot, form: FormState, answer: Asked | null) {
    const { rows, tokens } = await sources.usage(bot.id);
    const names = new Map((await sources.namesOf(bot.id)).map((source) => [source.id, source.name]));
    return {
      bot,
      form,
      rows,
      tokens,
      sources: names.size,
      hasModel: asking.hasModel,
      answer: answer && {
        ...answer,
        passages: answer.passages.map((passage) => ({
          ...passage,
          link: passage.url && /^https?:\/\//i.test(passage.url) ? passage.url : null,
          score: decimals.format(passage.score),
          source: names.get(passage.dataSourceId) ?? 'a deleted data source',
        })),
      },
    };
  }
}

/** `delta` {text}: more of it; `restart` {}: what was written does not count. */
const draftOn = (stream: Stream): Draft => ({
  write: (text) => stream.send('delta', { text }),
  restart: () => stream.send('restart', {}),
});

/** `answer` {html}: the part of the page that has asked, with the answer. */
async function sendPart(res: Response, stream: Stream, page: object): Promise<void> {
  const html = await new Promise<string>((resolve, reject) =>
    res.render('bots/ask', page, (error, text) => (error ? reject(error) : resolve(text))),
  );
  stream.send('answer', { html });
  stream.end();
}
