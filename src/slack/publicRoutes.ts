import express, { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { problemOf } from '../http/problem.js';
import { slackCall, utteranceIn } from './events.js';
import type { slackListener } from './listen.js';
import type { SlackService } from './service.js';
import { isFromSlack } from './signature.js';
import type { SlackChannel } from './store.js';

const base = '/api/public/slack';
const mostBytes = 1024 * 1024;

/** `POST /api/public/slack/{id}`: Slack's Events API. Answered as soon as what was said is stored; Slack waits 3 s. */
export function slackEventRoutes(
  { clock, vault, log }: Pick<Deps, 'clock' | 'vault' | 'log'>,
  slack: Pick<SlackService, 'find'>,
  hear: ReturnType<typeof slackListener>,
): Router {
  const router = Router();
  router.use(base, (_req, res, next) => {
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    next();
  });
  router.post(`${base}/:id`, express.raw({ type: () => true, limit: mostBytes }), receive);
  router.all(`${base}/:id`, (_req, res) => {
    res.status(405).set('Allow', 'POST').json({ ok: false, error: 'method_not_allowed' });
  });
  router.use(base, failures);
  return router;

  async function receive(req: Request, res: Response) {
    const channel = await slack.find(String(req.params.id));
    if (!channel) return refuse(res, 404, 'not_found');
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const isSigned = channel.signingSecret !== null && isSignedBy(channel, req, body);
    const call = slackCall.safeParse(jsonIn(body)).data;
    // Slack asks this of an address before its owner can know the secret that it will sign with.
    const isFirstQuestion = channel.signingSecret === null && call?.type === 'url_verification';
    if (!isSigned && !isFirstQuestion) return refuse(res, 401, 'invalid_signature');
    if (!call) return refuse(res, 400, 'invalid_payload');
    if ('challenge' in call) return void res.json({ challenge: call.challenge });
    const utterance = 'event' in call ? utteranceIn(call.event, channel.botUser) : null;
    if (utterance) await hear(channel, utterance, clock());
    res.json({ ok: true });
  }

  function isSignedBy({ id, signingSecret }: SlackChannel, req: Request, body: Buffer): boolean {
    const timestamp = req.get('X-Slack-Request-Timestamp') ?? '';
    const signature = req.get('X-Slack-Signature') ?? '';
    const isGenuine = isFromSlack(vault.open(signingSecret!), { timestamp, signature }, body, clock());
    if (!isGenuine) log.warn({ slack: id }, 'a call in the name of Slack was not signed by it');
    return isGenuine;
  }
}

/** Slack calls again after anything but a 200. */
const failures: ErrorRequestHandler = (error, req, res, next) => {
  if (res.headersSent) return next(error);
  const { status, headers } = problemOf(error);
  if (status >= 500) req.log.error({ err: error }, 'what was said in Slack could not be stored');
  res.set(headers);
  refuse(res, status, status >= 500 ? 'internal_error' : 'refused');
};

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

function refuse(res: Response, status: number, error: string): void {
  res.status(status).json({ ok: false, error });
}
