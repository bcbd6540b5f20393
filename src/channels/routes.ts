import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import { tabs } from '../bots/tabs.js';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { rotation } from '../webhooks/schema.js';
import { channelSnippets, channelUrl } from './address.js';
import { callsAMinute } from './publicRoutes.js';
import { channelChanges, newChannel } from './schema.js';
import type { ChannelService } from './service.js';

type Parts = { bots: Pick<BotService, 'seenBy'>; channels: ChannelService };

const all = { limit: 200, after: null };
const replacement = rotation.extend({ sure: z.literal('on', 'Tick this to go on') });

/** The API channels of a bot, below its Widget tab. */
export function channelPageRoutes(
  { clock, config }: Pick<Deps, 'clock' | 'config'>,
  { bots, channels }: Parts,
): Router {
  const router = Router();
  router.get('/bots/:id/channels', requireUser, list);
  router.get('/bots/:id/channels/new', requireAdmin, (req, res) => showNew(req, res, emptyForm()));
  router.post('/bots/:id/channels', requireAdmin, submitted(create, showNew));
  router.get('/channels/:id', requireAdmin, showStored);
  router.post('/channels/:id', requireAdmin, submitted(change, show));
  router.get('/channels/:id/secret', requireAdmin, backToChannel);
  router.post('/channels/:id/secret', requireAdmin, reveal);
  router.get('/channels/:id/rotate-secret', requireAdmin, (req, res) => askSecret(req, res, emptyForm()));
  router.post('/channels/:id/rotate-secret', requireAdmin, submitted(rotate, askSecret));
  router.get('/channels/:id/delete', requireAdmin, confirmRemoval);
  router.post('/channels/:id/delete', requireAdmin, remove);
  return router;

  async function list(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    res.render('channels/list', { bot, tabs, channels: await channels.listOf(bot.id, all) });
  }

  async function showNew(req: Request, res: Response, form: FormState) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    res.render('channels/new', { bot, form });
  }

  async function create(req: Request, res: Response) {
    const input = newChannel.parse(fields(req.body));
    const { channel } = await channels.create(String(req.params.id), input, actorOf(req), clock());
    req.session.notice = 'The channel is ready. Its callers need the address and the secret.';
    res.redirect(303, `/app/channels/${channel.id}`);
  }

  async function showStored(req: Request, res: Response) {
    const { name, channelType, enabled } = await channels.seenBy(actorOf(req), String(req.params.id));
    await show(req, res, emptyForm({ name, channelType, enabled }));
  }

  async function show(req: Request, res: Response, form: FormState, secret: string | null = null) {
    const page = await shown(req);
    const snippets = channelSnippets(page.url, secret ?? '…');
    res.render('channels/show', { ...page, form, secret, snippets, callsAMinute });
  }

  async function shown(req: Request) {
    const channel = await channels.seenBy(actorOf(req), String(req.params.id));
    const bot = await bots.seenBy(actorOf(req), channel.botId);
    return { channel, bot, url: channelUrl(config.publicUrl, channel.id) };
  }

  async function change(req: Request, res: Response) {
    const { name, channelType, enabled } = req.body;
    const changes = channelChanges.parse({ name, channelType, enabled: enabled === 'on' });
    const { id } = await channels.change(String(req.params.id), changes, actorOf(req), clock());
    req.session.notice = 'Saved.';
    res.redirect(303, `/app/channels/${id}`);
  }

  /** Only a POST reveals: it carries the CSRF token and is in the audit log. */
  async function reveal(req: Request, res: Response) {
    const { name, channelType, enabled } = await channels.seenBy(actorOf(req), String(req.params.id));
    const secret = await channels.reveal(String(req.params.id), actorOf(req), clock());
    res.set('Cache-Control', 'no-store');
    await show(req, res, emptyForm({ name, channelType, enabled }), secret);
  }

  /** Whoever reloads the address that showed the secret sees the page without it. */
  function backToChannel(req: Request, res: Response) {
    res.redirect(303, `/app/channels/${req.params.id}`);
  }

  async function askSecret(req: Request, res: Response, form: FormState) {
    res.render('channels/rotateSecret', { ...(await shown(req)), form });
  }

  async function rotate(req: Request, res: Response) {
    const { secret } = replacement.parse(fields(req.body));
    await channels.rotateSecret(String(req.params.id), secret, actorOf(req), clock());
    req.session.notice = 'There is a new secret, and it counts from now on. The old one is worth nothing.';
    res.redirect(303, `/app/channels/${req.params.id}`);
  }

  async function confirmRemoval(req: Request, res: Response) {
    res.render('channels/delete', await shown(req));
  }

  async function remove(req: Request, res: Response) {
    const channel = await channels.seenBy(actorOf(req), String(req.params.id));
    await channels.remove(channel.id, actorOf(req), clock());
    req.session.notice = 'The channel was deleted.';
    res.redirect(303, `/app/bots/${channel.botId}/channels`);
  }
}
