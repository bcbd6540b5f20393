import { createHash, timingSafeEqual } from 'node:crypto';
import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import { shared } from '../databases/shared.js';
import type { Deps } from '../deps.js';
import { problemOf } from '../http/problem.js';
import { rateLimits, waitOf } from '../http/rateLimits.js';
import { findTrigger } from './trigger.js';

type Syncs = {
  enqueue: (
    sourceId: string,
    trigger: 'hook',
    options: { force: boolean },
    at: number,
  ) => Promise<{ id: string }>;
};

const previewers =
  /Slackbot-LinkExpanding|facebookexternalhit|Twitterbot|Discordbot|WhatsApp|TelegramBot|LinkedInBot|SkypeUriPreview/i;

/** `/api/public/hooks/{webhookId}/{secret}`: whoever has the URL may call it; that is what it is for. */
export function triggerRoutes(
  { config, db, reader, vault, clock }: Pick<Deps, 'config' | 'db' | 'reader' | 'vault' | 'clock'>,
  syncs: Syncs,
): Router {
  const router = Router();
  const calls = rateLimits(db)({ name: 'hook', points: config.hookRateLimit, duration: 60, isStrict: true });
  const find = shared(async (id: string, _asks: null[]) => {
    const trigger = await findTrigger(reader, id);
    return { trigger, expected: digest(trigger ? vault.open(trigger.secret) : '') };
  });
  router.use('/api/public/hooks', answer, failed);
  return router;

  async function answer(req: Request, res: Response): Promise<void> {
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    if (req.method === 'OPTIONS') return void res.status(204).set('Allow', 'GET, POST').end();
    // Express answers HEAD with the handler of GET: it would trigger.
    if (req.method !== 'GET' && req.method !== 'POST') {
      res.set('Allow', 'GET, POST');
      return refuse(res, 405, `${req.method} does not trigger: call with GET or POST`);
    }
    if (looksAhead(req)) return refuse(res, 403, 'Prefetches and link previews trigger nothing');

    const [, given = '', secret = '', ...more] = req.path.replace(/\/$/, '').split('/');
    const id = given.toLowerCase();
    const { trigger, expected } = await find(id, null);
    // Compared for as long where there is no such webhook.
    const isRight = timingSafeEqual(digest(secret), expected);
    if (!trigger || !isRight || more.length > 0) return refuse(res, 404, 'Not found');
    const wait = await overLimit(id);
    if (wait !== null) {
      res.set('Retry-After', String(wait));
      return refuse(res, 429, `More than ${config.hookRateLimit} calls a minute: wait ${wait} s`);
    }
    if (!trigger.enabled) return refuse(res, 403, 'This webhook is disabled');
    if (!trigger.sourceEnabled) return refuse(res, 403, 'The data source of this webhook is disabled');

    const syncId = trigger.queued ?? (await queue(trigger.sourceId));
    res.set('X-Sync-Id', syncId).json({ success: true });
  }

  async function queue(sourceId: string): Promise<string> {
    const { id } = await syncs.enqueue(sourceId, 'hook', { force: false }, clock());
    return id;
  }

  /** Seconds to wait, or null. */
  async function overLimit(id: string): Promise<number | null> {
    if (config.hookRateLimit === 0) return null;
    const wait = await waitOf(calls, id);
    return wait && Math.ceil(wait / 1000);
  }
}

const failed: ErrorRequestHandler = (error, req, res, _next) => {
  const { status, detail, headers } = problemOf(error);
  if (status >= 500) req.log.error({ err: error }, 'a trigger failed');
  refuse(res.set(headers), status, detail);
};

function looksAhead(req: Request): boolean {
  const purposes = ['Sec-Purpose', 'Purpose', 'X-Moz'].map((name) => req.get(name) ?? '');
  return (
    purposes.some((purpose) => /prefetch/i.test(purpose)) || previewers.test(req.get('User-Agent') ?? '')
  );
}

const digest = (text: string) => createHash('sha256').update(text).digest();

function refuse(res: Response, status: number, error: string): void {
  res.status(status).json({ success: false, error });
}
