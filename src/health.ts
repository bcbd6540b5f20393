import { Router } from 'express';
import type { Hookbell } from './hookbell.js';

/** Anyone may ask whether the process lives and whether it can do its work. */
export function healthRoutes({ deps, background }: Pick<Hookbell, 'deps' | 'background'>): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    const problem = (await databaseProblem()) ?? background.problem(deps.clock());
    res.set('Cache-Control', 'no-store');
    res.status(problem ? 503 : 200).json(problem ? { status: 'unavailable', problem } : { status: 'ready' });
  });
  return router;

  async function databaseProblem(): Promise<string | null> {
    try {
      await deps.reader.raw('SELECT 1');
      return null;
    } catch {
      return 'the database does not answer';
    }
  }
}
