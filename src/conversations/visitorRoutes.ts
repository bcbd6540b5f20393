import { randomBytes } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { hookbell } from '../accounts/actor.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { Malformed, NotFound, Refusal, TooMany, Unauthorized } from '../errors.js';
import { jsonBody } from '../http/json.js';
import { apiErrors } from '../http/problem.js';
import { rateLimits, waitOf } from '../http/rateLimits.js';
import { addressHasher, tokenHash, type VisitorLimits, visitorLimits } from './limits.js';
import { content, userData, userEmail } from './schema.js';
import type { ConversationService } from './service.js';
import { showInChat, showState } from './show.js';
import { transcripts } from './transcript.js';

const clientId = z.string().regex(/^[\w-]{1,64}$/, '1 to 64 characters of A-Z a-z 0-9 _ -');
const firstMessage = z.strictObject({ content, clientId, userData: userData.optional() });
const message = z.strictObject({ content, clientId });
const request = z.strictObject({ userEmail });
const identity = z.strictObject({ userData });
const history = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

/**
 * `/api/public/chat/{botId}/…`: what the widget and the chat page call. A conversation belongs to whoever has its
 * token (`Authorization: Bearer …`); there are no cookies, and no other origin is let in.
 */
export function visitorRoutes(
  deps: Pick<Deps, 'db' | 'clock' | 'vault' | 'live' | 'log'>,
  bots: Pick<BotService, 'seenBy'>,
  conversations: ConversationService,
  limits: VisitorLimits = visitorLimits,
): Router {
  const { clock } = deps;
  const addressHash = addressHasher(deps.vault);
  const follow = transcripts(deps, conversations);
  const streams = new Map<string, number>();
  const identities = rateLimits(deps.db)({ name: 'identify', points: 30, duration: 60 });

  const routes = Router({ mergeParams: true });
  routes.post('/conversations', start);
  routes.get('/conversations/:id', read);
  routes.get('/conversations/:id/messages', listMessages);
  routes.post('/conversations/:id/messages', say);
  routes.post('/conversations/:id/escalate', escalate);
  routes.post('/conversations/:id/cancel', cancel);
  routes.post('/conversations/:id/identify', identify);
  routes.get('/conversations/:id/stream', stream);

  const router = Router();
  router.use('/api/public/chat/:botId', notCached, jsonOnly, jsonBody({ limit: '64kb' }), routes, () => {
    throw new NotFound('Address');
  });
  router.use('/api/public/chat', apiErrors);
  return router;

  /** Whoever brings a token of their own may send this again, e.g. after a lost answer, and gets the same. */
  async function start(req: Request, res: Response) {
    const input = firstMessage.parse(req.body ?? {});
    const token = tokenOf(req) ?? randomBytes(32).toString('base64url');
    if (!/^[\w-]{43,128}$/.test(token)) throw new Malformed('A token is 32 random bytes in base64url');
    const { conversation, message, isNew } = await conversations.create(
      botOf(req),
      {
        channelType: 'web',
        initialMessage: input.content,
        clientId: input.clientId,
        userData: input.userData,
      },
      null,
      { tokenHash: tokenHash(token), addressHash: addressHash(req.ip), limits },
      clock(),
    );
    res.status(isNew ? 201 : 200).json({
      token,
      conversation: { id: conversation.id, ...showState(conversation) },
      message: message && showInChat(message),
    });
  }

  async function read(req: Request, res: Response) {
    const conversation = await theirs(req);
    res.json({ id: conversation.id, ...showState(conversation) });
  }

  async function listMessages(req: Request, res: Response) {
    const { id } = await theirs(req);
    const { after, limit } = history.parse(req.query);
    const messages = await conversations.messagesAfter(id, after, limit + 1);
    res.json({ data: messages.slice(0, limit).map(showInChat), more: messages.length > limit });
  }

  /** The reply comes by the stream. */
  async function say(req: Request, res: Response) {
    const { id } = await theirs(req);
    const said = await conversations.visitorSays(id, message.parse(req.body ?? {}), limits, clock());
    res
      .status(said.isNew ? 201 : 200)
      .json({ message: showInChat(said.message), ...showState(said.conversation) });
  }

  async function escalate(req: Request, res: Response) {
    const { id } = await theirs(req);
    const { conversation } = await conversations.escalate(
      id,
      request.parse(req.body ?? {}),
      null,
      limits,
      clock(),
    );
    res.json(showState(conversation));
  }

  async function cancel(req: Request, res: Response) {
    const { id } = await theirs(req);
    const { conversation } = await conversations.cancel(id, clock());
    res.json(showState(conversation));
  }

  /** What the page around says of the visitor; nobody has checked it. */
  async function identify(req: Request, res: Response) {
    const { id } = await theirs(req);
    const wait = await waitOf(identities, id);
    if (wait !== null) throw new TooMany('Too many changes of who this is', wait / 1000);
    const { userData } = identity.parse(req.body ?? {});
    res.json(showState(await conversations.identify(id, userData)));
  }

  async function stream(req: Request, res: Response) {
    const { id } = await theirs(req);
    const open = streams.get(id) ?? 0;
    if (open >= limits.streams) throw new TooMany(`This conversation is open ${open} times already`, 30);
    const { after } = history.parse({ after: req.get('Last-Event-ID') ?? req.query.after ?? 0 });
    streams.set(id, open + 1);
    res.on('close', () => {
      const left = (streams.get(id) ?? 1) - 1;
      if (left > 0) streams.set(id, left);
      else streams.delete(id);
    });
    follow(req, res, id, after);
  }

  /** The conversation of the token; anybody else's does not exist. */
  async function theirs(req: Request) {
    const token = tokenOf(req);
    if (!token) throw new Unauthorized('Send the token of the conversation: Authorization: Bearer …');
    await bots.seenBy(hookbell, botOf(req));
    return conversations.ofVisitor(botOf(req), String(req.params.id), tokenHash(token));
  }
}

const botOf = (req: Request) => String(req.params.botId);

const tokenOf = (req: Request) => /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '')?.[1];

function notCached(_req: Request, res: Response, next: () => void): void {
  res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  next();
}

function jsonOnly(req: Request, _res: Response, next: () => void): void {
  if (req.method === 'POST' && Number(req.get('Content-Length') ?? 1) > 0 && !req.is('application/json')) {
    throw new Refusal(415, 'Send JSON: Content-Type: application/json');
  }
  next();
}
