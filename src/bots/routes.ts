import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin, requireUser } from '../accounts/access.js';
import type { AccountService } from '../accounts/service.js';
import { page, pageQuery, windowOf } from '../api/paging.js';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { botChanges, newBot } from './schema.js';
import type { BotService } from './service.js';
import type { Bot } from './store.js';
import { tabs } from './tabs.js';

export function botRoutes(
  { clock }: Pick<Deps, 'clock'>,
  bots: BotService,
  accounts: AccountService,
): Router {
  const router = Router();
  router.get('/bots', requireUser, list);
  router.get('/bots/new', requireAdmin, (req, res) => showNew(req, res, emptyForm()));
  router.post('/bots', requireAdmin, submitted(create, showNew));
  router.get('/bots/:id/settings', requireAdmin, showStored);
  router.post('/bots/:id/settings', requireAdmin, submitted(change, showSettings));
  router.post('/bots/:id/agents', requireAdmin, setAgents);
  router.get('/bots/:id/delete', requireAdmin, confirmRemoval);
  router.post('/bots/:id/delete', requireAdmin, remove);
  return router;

  async function list(req: Request, res: Response) {
    const query = pageQuery.parse(req.query);
    const rows = await bots.list(actorOf(req), windowOf(query));
    const shown = page(
      rows,
      query.limit,
      (bot) => [bot.id],
      (bot) => bot,
    );
    res.render('bots/list', { bots: shown.data, next: shown.nextCursor });
  }

  function showNew(_req: Request, res: Response, form: FormState) {
    res.render('bots/new', { form });
  }

  async function create(req: Request, res: Response) {
    const bot = await bots.create(newBot.parse(fields(req.body)), actorOf(req), clock());
    req.session.notice = `“${bot.name}” is ready. Give it something to know.`;
    res.redirect(303, `/app/bots/${bot.id}`);
  }

  async function showStored(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    await showSettings(req, res, emptyForm(asForm(bot)));
  }

  async function showSettings(req: Request, res: Response, form: FormState) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const given = new Set(await bots.agentIds(bot.id));
    const users = await accounts.list();
    const agents = users
      .filter((user) => user.role === 'agent')
      .map((user) => ({ ...user, given: given.has(user.id) }));
    res.render('bots/settings', { bot, tabs, form, agents });
  }

  async function change(req: Request, res: Response) {
    const id = String(req.params.id);
    await bots.change(id, botChanges.parse(fromForm(req.body)), actorOf(req), clock());
    req.session.notice = 'Saved.';
    res.redirect(303, `/app/bots/${id}/settings`);
  }

  async function setAgents(req: Request, res: Response) {
    const id = String(req.params.id);
    await bots.setAgents(id, [req.body.agents ?? []].flat().map(String), actorOf(req), clock());
    req.session.notice = 'Agents saved.';
    res.redirect(303, `/app/bots/${id}/settings`);
  }

  async function confirmRemoval(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    res.render('bots/delete', { bot, parts: await bots.belongingsOf(bot.id) });
  }

  async function remove(req: Request, res: Response) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    await bots.remove(bot.id, actorOf(req), clock());
    req.session.notice = `“${bot.name}” was deleted.`;
    res.redirect(303, '/app/bots');
  }
}

const asForm = (bot: Bot) => ({ ...bot, allowedOrigins: bot.allowedOrigins.join('\n') });

function fromForm(body: Record<string, unknown>) {
  const {
    name,
    welcomeMessage = '',
    instructions = '',
    allowedOrigins = '',
    storageTokenLimit = '',
    notificationEmail = '',
    humanTakeover,
  } = body;
  return {
    name,
    welcomeMessage,
    instructions,
    allowedOrigins: String(allowedOrigins).split(/\s+/).filter(Boolean),
    storageTokenLimit: storageTokenLimit === '' ? null : Number(storageTokenLimit),
    notificationEmail: String(notificationEmail).trim() || null,
    humanTakeover: humanTakeover === 'on',
  };
}
