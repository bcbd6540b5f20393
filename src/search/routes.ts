import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireUser } from '../accounts/access.js';
import type { SearchService } from './service.js';

// Without NUL, which PostgreSQL refuses.
const query = z.object({
  q: z
    .string()
    .default('')
    .catch('')
    .transform((text) => text.replaceAll('\0', '').trim().slice(0, 200)),
});

/** Finds bots, data sources, webhooks, conversations and pages. The palette (public/palette.js) reads this page. */
export function searchRoutes({ finder }: { finder: SearchService }): Router {
  const router = Router();
  router.get('/search', requireUser, show);
  return router;

  async function show(req: Request, res: Response) {
    const { q } = query.parse(req.query);
    const groups = await finder.find(actorOf(req), q);
    res.set('Cache-Control', 'no-store').render('search/show', { q, groups });
  }
}
