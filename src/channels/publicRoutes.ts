import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { Forbidden, NotFound, Refusal, TooMany, Unauthorized } from '../errors.js';
import { jsonBody } from '../http/json.js';
import { problemOf } from '../http/problem.js';
import { rateLimits, waitOf } from '../http/rateLimits.js';
import { channelMessage } from './schema.js';
import type { ChannelService } from './service.js';
import type { Channel } from './store.js';
import type { channelTalk } from './talk.js';

/** Of one channel, whoever its callers talk for. */
export const callsAMinute = 300;

const base = '/api/public/channels';

/** `/api/public/channels/{channelId}/1.0/…`: for whoever sends the secret in `X-API-Secret-Key`. */
export function channelRoutes(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  channels: Pick<ChannelService, 'openedBy'>,
  talk: ReturnType<typeof channelTalk>,
  points = callsAMinute,
): Router {
  const calls = rateLimits(db)({ name: 'channel', points, duration: 60, isStrict: true });
  // Old callers send no type, or a wrong one, and never another thing.
  const anyJson = jsonBody({ limit: '64kb', type: () => true });
  const [conversation, message] = [`${base}/:id/1.0/conversation`, `${base}/:id/1.0/message`];

  const router = Router();
  router.use(base, notCached);
  router.post(conversation, enter, start);
  router.post(message, enter, anyJson, say);
  router.all([conversation, message], postOnly);
  router.use(base, () => {
    throw new NotFound('Address');
  });
  router.use(base, refusals);
  return router;

  async function enter(req: Request, res: Response, next: () => void) {
    const channel = await channels.openedBy(String(req.params.id), req.get('X-API-Secret-Key') ?? '');
    if (!channel) throw new Unauthorized('There is no such channel, or X-API-Secret-Key is not its secret');
    const wait = await waitOf(calls, channel.id);
    if (wait !== null) {
      const seconds = Math.ceil(wait / 1000);
      throw new TooMany(`More than ${points} calls a minute: wait ${seconds} s`, seconds);
    }
    if (!channel.enabled) throw new Forbidden('This channel is disabled');
    res.locals.channel = channel;
    next();
  }

  async function start(_req: Request, res: Response) {
    res.json(await talk.start(res.locals.channel as Channel, clock()));
  }

  async function say(req: Request, res: Response) {
    const input = channelMessage.parse(req.body ?? {});
    res.json(await talk.say(res.locals.channel as Channel, input, clock()));
  }
}

function notCached(_req: Request, res: Response, next: () => void): void {
  res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  next();
}

function postOnly(req: Request): void {
  throw new Refusal(405, `${req.method} does nothing here: call with POST`, [], { Allow: 'POST' });
}

/** As the callers know them: `{success: false, error}`. */
const refusals: ErrorRequestHandler = (error, req, res, next) => {
  if (res.headersSent) return next(error);
  const { status, title, detail, errors, headers } = problemOf(error);
  if (status >= 500) req.log.error({ err: error }, 'request failed');
  const fields = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  res
    .status(status)
    .set(headers)
    .json({ success: false, error: fields || detail || title });
};
