import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin } from '../../accounts/access.js';
import type { BotService } from '../../bots/service.js';
import type { Deps } from '../../deps.js';
import { NotFound } from '../../errors.js';
import { emptyForm, type FormState, submitted } from '../../http/form.js';
import { errorsAgain, formAgain, formFromSource, sourceFromForm } from '../form.js';
import { kindOf } from '../kinds.js';
import type { Source, SourceService } from '../service.js';
import type { Preview } from './reading.js';
import { previewRequest } from './schema.js';
import type { PreviewService } from './service.js';
import { shownPreview } from './shown.js';

type Parts = { bots: BotService; sources: SourceService; previews: PreviewService };

/** The button “Preview” of the form of a data source that is not there yet, or not saved. */
export function previewRoutes({ clock }: Pick<Deps, 'clock'>, { bots, sources, previews }: Parts): Router {
  const router = Router();
  router.post('/bots/:id/data-sources/preview', requireAdmin, submitted(preview, showAgain));
  router.post('/data-sources/:id/preview', requireAdmin, submitted(previewOfStored, showStoredAgain));
  return router;

  async function preview(req: Request, res: Response) {
    const { type, config } = sourceFromForm(req.body);
    const found = await read(req, String(req.params.id), { type, config });
    await showForm(req, res, null, emptyForm(req.body), found);
  }

  async function previewOfStored(req: Request, res: Response) {
    const source = await sources.seenBy(actorOf(req), String(req.params.id));
    const { type, config } = sourceFromForm({ ...req.body, type: source.type }, { isStored: true });
    const found = await read(req, source.botId, { type, config, dataSourceId: source.id });
    // The page of uploaded files has a button, and no form of the source.
    const values = req.body.name === undefined ? formFromSource(source) : req.body;
    await showForm(req, res, source, emptyForm(values), found);
  }

  function read(req: Request, botId: string, asked: Record<string, unknown>): Promise<Preview> {
    const isRepeated = req.body.again === '1';
    return previews.show(botId, previewRequest.parse(asked), actorOf(req), clock(), { isRepeated });
  }

  function showAgain(req: Request, res: Response, form: FormState) {
    return showForm(req, res, null, form, null);
  }

  async function showStoredAgain(req: Request, res: Response, form: FormState) {
    await showForm(req, res, await sources.seenBy(actorOf(req), String(req.params.id)), form, null);
  }

  /** To htmx only the preview, below the form that stays as it is: a token that was typed is never sent back. */
  async function showForm(
    req: Request,
    res: Response,
    source: Source | null,
    { values, errors, problem }: FormState,
    found: Preview | null,
  ) {
    const bot = await bots.seenBy(actorOf(req), source?.botId ?? String(req.params.id));
    const kind = kindOf(source?.type ?? String(values.type));
    if (!kind) throw new NotFound('Type of data source');
    const form = { values: formAgain(values), errors: errorsAgain(errors), problem };
    const preview = found && shownPreview(found, values);
    res.set('Cache-Control', 'no-store');
    // To htmx, a refusal is no part of a page.
    if (res.locals.isPart) res.status(200).render('sources/preview', { bot, kind, source, form, preview });
    else res.render('sources/form', { bot, kind, source, form, preview });
  }
}
