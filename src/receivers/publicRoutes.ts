import { type Request, type Response, Router } from 'express';
import type { Deps } from '../deps.js';
import { rateLimits, waitOf } from '../http/rateLimits.js';
import { readAtMost } from './body.js';
import type { Holding, Release } from './holding.js';
import type { Next, ReceiverIntake } from './intake.js';
import type { End } from './requests.js';
import type { Answer } from './schema.js';

type Parts = { intake: ReceiverIntake; holding: Holding };

const perMinute = 600;
const mostOpen = 200;
const mostRead = 1024 * 1024;

/** `/inbox/{token}`: whoever has the URL may send to it, with any method; nobody else learns that it exists. */
export function testInboxRoutes(
  { config: { publicUrl }, db }: Pick<Deps, 'config' | 'db'>,
  { intake, holding }: Parts,
): Router {
  const router = Router();
  const rate = rateLimits(db)({ name: 'receiver', points: perMinute, duration: 60, isStrict: true });
  let open = 0;
  router.use('/inbox', async (req, res) => {
    open += 1;
    res.once('close', () => {
      open -= 1;
    });
    await receive(req, res);
  });
  return router;

  async function receive(req: Request, res: Response): Promise<void> {
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    const receiver = await intake.find(req.path.slice(1));
    if (!receiver) return say(res, 404, { error: 'Not found' });
    const wait = await overLimit(receiver.id);
    if (wait !== null) return busy(res, 429, wait, `More than ${perMinute} requests a minute`);
    if (open > mostOpen) return busy(res, 503, 1, 'Too many requests are open at once');
    const body = await readAtMost(req, mostRead);
    if (!body) return;
    const { method, headers, rawHeaders } = req;
    const next = await intake.take(receiver, {
      method,
      headers,
      rawHeaders,
      body: body.bytes,
      isWhole: body.isWhole,
    });
    if (!next) return say(res, 404, { error: 'Not found' });
    await answer(res, next);
  }

  async function answer(res: Response, next: Next): Promise<void> {
    if (!('hold' in next)) {
      if (next.end === 'too-large') return tooLarge(res);
      if (next.end === 'too-many') return busy(res, 503, 5, 'Too many senders are kept waiting already');
      return told(res, next.answer);
    }
    await holding.hold(res, next.hold, async (how) => {
      const end = endOf(how, next.answer);
      if (end === 'answered') told(res, next.answer);
      else res.destroy();
      await next.done(end);
    });
  }

  function told(res: Response, { kind, seconds }: Answer): void {
    res.locals.isTold = true;
    const error = `This test receiver was told to answer ${kind}`;
    if (kind === '302') res.set('Location', `${publicUrl}/`);
    if (kind === '429') res.set('Retry-After', String(seconds));
    const isFine = kind === '200' || kind === 'slow';
    say(res, isFine ? 200 : Number(kind), isFine ? { received: true } : { error });
  }

  /** Seconds to wait, or null. */
  async function overLimit(id: string): Promise<number | null> {
    const wait = await waitOf(rate, id);
    return wait && Math.ceil(wait / 1000);
  }
}

function endOf(how: Release, { kind }: Answer): End {
  if (how === 'over') return kind === 'slow' ? 'answered' : 'cut';
  return how;
}

function say(res: Response, status: number, body: object): void {
  res.status(status).json(body);
}

function busy(res: Response, status: number, wait: number, error: string): void {
  res.set('Retry-After', String(wait));
  say(res, status, { error: `${error}: try again in ${wait} s` });
}

/** What is still coming is not waited for. */
function tooLarge(res: Response): void {
  res.set('Connection', 'close').once('finish', () => {
    setTimeout(() => res.req.destroy(), 2_000).unref();
  });
  say(res, 413, { error: 'The body is larger than 1 MiB' });
}
