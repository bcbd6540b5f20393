import { randomUUID } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { Conflict } from '../errors.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { inboxTopics } from './inboxRoutes.js';
import { content } from './schema.js';
import type { ConversationService } from './service.js';
import { actionsOf, factsOf, messageShown, nameOf } from './shown.js';
import type { Conversation } from './store.js';

type Parts = { bots: BotService; conversations: ConversationService };

const aPage = 200;

const place = z.object({
  /** Messages after this one: for a page that has those before. */
  after: z.coerce.number().int().min(0).optional(),
  before: z.coerce.number().int().min(1).optional(),
  /** The standing that the page shows already. */
  known: z.string().max(200).optional(),
});

const reply = z.object({ content, clientId: z.string().max(100).optional() });
const receiver = z.object({ agent: z.string() });

/** One conversation: what was said, and what an agent may do about it. */
export function conversationPageRoutes(
  { clock, live }: Pick<Deps, 'clock' | 'live'>,
  { bots, conversations }: Parts,
): Router {
  const router = Router();
  router.get('/conversations/:id', requireUser, (req, res) => show(req, res, emptyForm()));
  router.get('/conversations/:id/live', requireUser, stream);
  router.post('/conversations/:id/messages', requireUser, submitted(say, show));
  router.post('/conversations/:id/claim', requireUser, submitted(claim, show));
  router.post('/conversations/:id/release', requireUser, submitted(release, show));
  router.post('/conversations/:id/dismiss', requireUser, submitted(dismiss, show));
  router.post('/conversations/:id/transfer', requireUser, submitted(transfer, show));
  return router;

  async function show(req: Request, res: Response, form: FormState) {
    const actor = actorOf(req);
    const conversation = await conversations.seenBy(actor, idOf(req));
    const { after, before, known } = place.parse(fields(req.query));
    const messages = await read(conversation.id, after, before);
    const last = messages.at(-1)?.number ?? after ?? 0;
    const actions = actionsOf(conversation, actor);
    // A refusal has the address of its page; and a row that claims may be gone from the inbox before the answer comes,
    // and htmx forgets then that it leads elsewhere.
    if (req.get('HX-Boosted')) {
      res.set('HX-Push-Url', req.method === 'GET' ? req.originalUrl : pageOf(conversation.id));
    }
    res.render('conversations/show', {
      conversation,
      ...actions,
      form,
      who: nameOf(conversation),
      facts: factsOf(conversation),
      messages: messages.map((message) => messageShown(message, conversation.botName)),
      last,
      earlier: after === undefined && messages[0] && messages[0].number > 1 ? messages[0].number : null,
      isLatest: before === undefined,
      standing: standingOf(conversation),
      known,
      agents: actions.mayRelease ? await othersFor(conversation) : [],
      clientId: randomUUID(),
    });
  }

  async function read(id: string, after: number | undefined, before: number | undefined) {
    return after === undefined
      ? conversations.latestMessages(id, aPage, before ?? null)
      : conversations.messagesAfter(id, after, aPage);
  }

  async function othersFor({ botId, claimedBy }: Conversation) {
    return (await conversations.agentsFor(botId)).filter(({ id }) => id !== claimedBy?.id);
  }

  /** Says only that there is something to look at: the page reads it, and is asked again who may. */
  async function stream(req: Request, res: Response) {
    const actor = actorOf(req);
    const { id } = await conversations.seenBy(actor, idOf(req));
    const inboxes = await inboxTopics(bots, actor);
    const { send, onClose } = live.open(req, res);
    const tell = (event: string) => {
      if (['message', 'state', 'changed', 'escalated'].includes(event)) send(event, {});
    };
    const stops = [`conversation:${id}`, ...inboxes].map((topic) => live.listen(topic, tell));
    onClose(() => {
      for (const stop of stops) stop();
    });
  }

  async function say(req: Request, res: Response) {
    const actor = actorOf(req);
    const input = reply.parse(fields(req.body));
    const { id, state, claimedBy } = await conversations.seenBy(actor, idOf(req));
    if (state === 'Active' && claimedBy?.id !== actor.id) {
      throw new Conflict(`${claimedBy?.name ?? 'Another agent'} has this conversation now`);
    }
    await conversations.agentSays(id, input, actor, clock());
    res.redirect(303, pageOf(id));
  }

  async function claim(req: Request, res: Response) {
    await conversations.claim(idOf(req), actorOf(req), clock());
    res.redirect(303, pageOf(idOf(req)));
  }

  async function release(req: Request, res: Response) {
    await conversations.release(idOf(req), actorOf(req), clock());
    res.redirect(303, pageOf(idOf(req)));
  }

  async function dismiss(req: Request, res: Response) {
    await conversations.dismiss(idOf(req), actorOf(req), clock());
    req.session.notice =
      'Dismissed: the visitor was told that nobody can join, and the bot goes on answering.';
    res.redirect(303, '/app/inbox');
  }

  async function transfer(req: Request, res: Response) {
    const { agent } = receiver.parse(fields(req.body));
    await conversations.transfer(idOf(req), agent, actorOf(req), clock());
    res.redirect(303, pageOf(idOf(req)));
  }
}

const idOf = (req: Request) => String(req.params.id);
const pageOf = (id: string) => `/app/conversations/${id}`;

/** Changes with everything that the page lets people do. */
const standingOf = ({ state, stateSince, claimedBy }: Conversation) =>
  [state, stateSince, claimedBy?.id ?? ''].join(' ');
