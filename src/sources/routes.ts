import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { Actor } from '../accounts/actor.js';
import { page, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import type { Deps } from '../deps.js';
import { NotFound } from '../errors.js';
import { emptyForm, type FormState, submitted } from '../http/form.js';
import { rowStore } from '../knowledge/rows.js';
import { showInList } from '../syncs/routes.js';
import type { SyncService } from '../syncs/service.js';
import type { Sync } from '../syncs/store.js';
import type { FileService, Upload } from './files.js';
import { errorsAgain, formAgain, formFromSource, settingsShown, sourceFromForm } from './form.js';
import { allInWords, scheduleInWords } from './inWords.js';
import { type Kind, kindOf, kinds } from './kinds.js';
import { newSource, sourceChanges } from './schema.js';
import type { Source, SourceService } from './service.js';
import { receiveFiles } from './uploads.js';

type Parts = { bots: BotService; sources: SourceService; files: FileService; syncs: SyncService };

const all = { limit: 200, after: null };
const latestSyncs = { limit: 10, after: null };

export function sourceRoutes(
  { config, clock, live, reader }: Pick<Deps, 'config' | 'clock' | 'live' | 'reader'>,
  { bots, sources, files, syncs }: Parts,
): Router {
  const receive = receiveFiles(config);
  const router = Router();
  router.get('/bots/:id/data-sources', requireUser, list);
  router.get('/bots/:id/data-sources/new', requireAdmin, showNew);
  router.post('/bots/:id/data-sources', requireAdmin, submitted(create, showNewAgain));
  router.post('/bots/:id/data-sources/sync', requireAdmin, syncAll);
  router.get('/bots/:id/live', requireUser, stream);
  router.get('/data-sources/:id', requireUser, (req, res) => show(req, res, emptyForm()));
  router.post('/data-sources/:id/sync', requireAdmin, sync);
  router.get('/data-sources/:id/edit', requireAdmin, showStored);
  router.post('/data-sources/:id/edit', requireAdmin, submitted(change, showEditAgain));
  router.post('/data-sources/:id/files', requireAdmin, submitted(addFiles, show));
  router.post('/data-sources/:id/files/:fileId/delete', requireAdmin, removeFile);
  router.get('/data-sources/:id/delete', requireAdmin, confirmRemoval);
  router.post('/data-sources/:id/delete', requireAdmin, remove);
  return router;

  async function list(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const found = await sources.listOf(bot.id, all);
    const shown = found.map((source) => ({ ...source, kind: kindOf(source.type) }));
    res.render('sources/list', { bot, tabs, sources: shown });
  }

  async function showNew(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const kind = kindOf(String(req.query.type));
    if (!kind) return res.render('sources/choose', { bot, kinds });
    res.render('sources/form', { bot, kind, source: null, form: emptyForm(formAgain({})) });
  }

  async function showNewAgain(req: Request, res: Response, { values, errors, problem }: FormState) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const kind = kindOf(String(values.type));
    if (!kind) throw new NotFound('Type of data source');
    const form = { values: formAgain(values), errors: errorsAgain(errors), problem };
    res.render('sources/form', { bot, kind, source: null, form });
  }

  async function create(req: Request, res: Response) {
    if (req.body.more) return showNewAgain(req, res, emptyForm(req.body));
    const input = newSource.parse(sourceFromForm(req.body));
    const source = await sources.create(String(req.params.id), input, actorOf(req), clock());
    res.redirect(303, `/app/data-sources/${source.id}`);
  }

  async function stream(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    live.stream(req, res, [`bot:${bot.id}`]);
  }

  async function show(req: Request, res: Response, form: FormState) {
    const actor = actorOf(req);
    const source = await sources.seenBy(actor, String(req.params.id));
    const bot = await bots.seenBy(actor, source.botId);
    const query = pageQuery.extend({}).parse(req.query);
    const rows = await rowStore(reader).listOf(source.id, windowOf(query, 'number, number'));
    const shown = page(
      rows,
      query.limit,
      (row) => [row.since, row.id],
      (row) => row,
    );
    const ledger = await syncs.listOf(source.id, latestSyncs);
    const kind = kindFor(source);
    const latest = ledger.find((entry) => entry.finishedAt !== null) ?? null;
    res.render('sources/show', {
      bot,
      source,
      kind,
      form,
      address: req.method === 'GET' ? req.originalUrl : `/app/data-sources/${source.id}`,
      settings: settingsShown(source),
      scheduleInWords: scheduleInWords(source.schedule),
      files: kind.accepts.length > 0 ? await filesShown(actor, source.id, latest) : [],
      running: ledger.find((entry) => entry.status === 'running') ?? null,
      latest,
      syncs: ledger.slice(0, latestSyncs.limit).map(showInList),
      hasMoreSyncs: ledger.length > latestSyncs.limit,
      rows: shown.data,
      nextRows: shown.nextCursor,
    });
  }

  /** With why the latest sync could not read one that was there already. */
  async function filesShown(actor: Actor, sourceId: string, latest: Sync | null) {
    const failed = latest ? await syncs.rowsOf(latest.id, 'failed', all) : [];
    const reasons = new Map(failed.map(({ key, reason }) => [key, reason]));
    const readAt = latest?.startedAt ?? 0;
    return (await files.listOf(actor, sourceId)).map((file) => ({
      ...file,
      reason: file.createdAt <= readAt ? (reasons.get(file.name) ?? null) : null,
    }));
  }

  async function sync(req: Request, res: Response) {
    const id = String(req.params.id);
    await sources.sync(id, 'manual', { force: req.body.force === 'true' }, actorOf(req), clock());
    res.redirect(303, `/app/data-sources/${id}`);
  }

  async function syncAll(req: Request, res: Response) {
    const id = String(req.params.id);
    req.session.notice = allInWords(await sources.syncAll(id, 'manual', actorOf(req), clock()));
    res.redirect(303, `/app/bots/${id}/data-sources`);
  }

  async function showStored(req: Request, res: Response) {
    const source = await sources.seenBy(actorOf(req), String(req.params.id));
    const bot = await bots.seenBy(actorOf(req), source.botId);
    res.render('sources/form', {
      bot,
      source,
      kind: kindFor(source),
      form: emptyForm(formFromSource(source)),
    });
  }

  async function showEditAgain(req: Request, res: Response, { values, errors, problem }: FormState) {
    const source = await sources.seenBy(actorOf(req), String(req.params.id));
    const bot = await bots.seenBy(actorOf(req), source.botId);
    const form = { values: formAgain(values), errors: errorsAgain(errors), problem };
    res.render('sources/form', { bot, source, kind: kindFor(source), form });
  }

  async function change(req: Request, res: Response) {
    if (req.body.more) return showEditAgain(req, res, emptyForm(req.body));
    const id = String(req.params.id);
    const { type } = await sources.seenBy(actorOf(req), id);
    const fields = { ...req.body, type, enabled: req.body.enabled ?? 'off' };
    const input = sourceFromForm(fields, { isStored: true });
    await sources.change(id, sourceChanges.parse(input), actorOf(req), clock());
    req.session.notice = 'Saved.';
    res.redirect(303, `/app/data-sources/${id}`);
  }

  async function addFiles(req: Request, res: Response) {
    const id = String(req.params.id);
    await new Promise<void>((received, refused) =>
      receive(req, res, (error?: unknown) => (error ? refused(error) : received())),
    );
    const uploads = (req.files ?? []) as Upload[];
    await files.add(id, uploads, actorOf(req), clock());
    req.session.notice = uploads.length === 1 ? 'The file was added.' : `${uploads.length} files were added.`;
    res.redirect(303, `/app/data-sources/${id}`);
  }

  async function removeFile(req: Request, res: Response) {
    const { id, fileId } = req.params;
    await files.remove(String(id), String(fileId), actorOf(req), clock());
    req.session.notice = 'The file was removed; its rows go with the sync that was started.';
    res.redirect(303, `/app/data-sources/${id}`);
  }

  async function confirmRemoval(req: Request, res: Response) {
    const source = await sources.seenBy(actorOf(req), String(req.params.id));
    res.render('sources/delete', { bot: await bots.seenBy(actorOf(req), source.botId), source });
  }

  async function remove(req: Request, res: Response) {
    const source = await sources.seenBy(actorOf(req), String(req.params.id));
    await sources.remove(source.id, actorOf(req), clock());
    req.session.notice = `“${source.name}” was deleted.`;
    res.redirect(303, `/app/bots/${source.botId}/data-sources`);
  }
}

function kindFor({ type }: Source): Kind {
  const kind = kindOf(type);
  if (!kind) throw new NotFound('Type of data source');
  return kind;
}
