import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin } from '../accounts/access.js';
import type { Deps } from '../deps.js';
import type { FileService, Upload } from './files.js';
import { receiveFiles } from './uploads.js';

/** Files from a page. The form's token stands in its address: its body is read here, after the check. */
export function uploadRoutes(
  { config, clock }: Pick<Deps, 'config' | 'clock'>,
  { files }: { files: FileService },
): Router {
  const router = Router();
  router.post('/data-sources/:id/files', requireAdmin, receiveFiles(config), add);
  return router;

  async function add(req: Request, res: Response) {
    const id = String(req.params.id);
    await files.add(id, (req.files ?? []) as Upload[], actorOf(req), clock());
    res.redirect(303, `/app/data-sources/${id}`);
  }
}
