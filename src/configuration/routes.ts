import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin } from '../accounts/access.js';
import type { Deps } from '../deps.js';
import { Invalid } from '../errors.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import type { Step } from './difference.js';
import { sealed, unsealed } from './envelope.js';
import { exportForm, passphraseGiven } from './schema.js';
import { type ConfigurationService, countsOf, isDone } from './service.js';
import type { Opened } from './take.js';
import { receiveText } from './upload.js';

const home = '/app/settings/configuration';

/** Bots with what belongs to them as a file, and back, after a look at what differs. */
export function configurationRoutes(
  { clock, vault }: Pick<Deps, 'clock' | 'vault'>,
  configuration: ConfigurationService,
): Router {
  const router = Router();
  router.get('/settings/configuration', requireAdmin, (_req, res) => show(res));
  router.post('/settings/configuration/export', requireAdmin, submitted(download, showExport));
  router.post('/settings/configuration/difference', requireAdmin, submitted(look, showImport));
  router.post('/settings/configuration/import', requireAdmin, submitted(take, showImport));
  return router;

  function showExport(_req: Request, res: Response, form: FormState) {
    show(res, { export: form });
  }

  function showImport(_req: Request, res: Response, form: FormState) {
    show(res, { import: form });
  }

  function show(res: Response, forms: { export?: FormState; import?: FormState } = {}) {
    res.render('configuration/show', { forms: { export: emptyForm(), import: emptyForm(), ...forms } });
  }

  async function download(req: Request, res: Response) {
    const { passphrase } = exportForm.parse(fields(req.body));
    const at = clock();
    const text = await configuration.export(passphrase, actorOf(req), at);
    const day = new Date(at).toISOString().slice(0, 10);
    res.set('Cache-Control', 'no-store').attachment(`hookbell-configuration-${day}.json`).send(text);
  }

  async function look(req: Request, res: Response) {
    const text = await receiveText(req, res);
    if (text === null) throw new Invalid([{ path: 'file', message: 'Choose a file' }]);
    const { passphrase } = passphraseGiven.parse(fields(req.body));
    await showDifference(req, res, await configuration.open(text, passphrase));
  }

  async function showDifference(req: Request, res: Response, opened: Opened) {
    const [actor, at] = [actorOf(req), clock()];
    const { steps, digest } = await configuration.look(opened, actor, at);
    res.set('Cache-Control', 'no-store').render('configuration/difference', {
      steps: steps.filter(({ outcome }) => outcome !== 'unchanged'),
      unchanged: steps.filter(({ outcome }) => outcome === 'unchanged'),
      counts: countsOf(steps),
      sealed: isDone(steps) ? null : sealed(vault, { opened, digest, userId: actor.id, at }),
    });
  }

  async function take(req: Request, res: Response) {
    await receiveText(req, res);
    const [actor, at] = [actorOf(req), clock()];
    const { opened, digest } = unsealed(vault, String(req.body.sealed ?? ''), actor.id, at);
    req.session.notice = inOneSentence(await configuration.import(opened, digest, actor, at));
    res.redirect(303, home);
  }
}

function inOneSentence(steps: Step[]): string {
  const { created, changed, unchanged } = countsOf(steps);
  return `Imported: ${created} created, ${changed} changed, ${unchanged} as they were.`;
}
