import { type Request, type Response, Router } from 'express';
import { actorOf, requireAdmin } from '../accounts/access.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { slackManifest, slackUrl } from './manifest.js';
import { slackAccess, slackApi } from './schema.js';
import type { SlackService } from './service.js';

/** A bot in Slack, below its Widget tab: the manifest to paste there, and the secrets to paste here. */
export function slackRoutes(
  { clock, config }: Pick<Deps, 'clock' | 'config'>,
  { bots, slack }: { bots: Pick<BotService, 'seenBy'>; slack: SlackService },
): Router {
  const router = Router();
  router.get('/bots/:id/slack', requireAdmin, (req, res) => show(req, res, null));
  router.post('/bots/:id/slack', requireAdmin, begin);
  router.post('/bots/:id/slack/connect', requireAdmin, submitted(connect, show));
  router.get('/bots/:id/slack/delete', requireAdmin, confirmRemoval);
  router.post('/bots/:id/slack/delete', requireAdmin, remove);
  return router;

  async function show(req: Request, res: Response, form: FormState | null) {
    const bot = await bots.seenBy(actorOf(req), String(req.params.id));
    const channel = await slack.seenBy(actorOf(req), bot.id);
    const url = channel && slackUrl(config.publicUrl, channel.id);
    res.set('Cache-Control', 'no-store').render('slack/show', {
      bot,
      url,
      channel: channel && {
        team: channel.team,
        lastError: channel.lastError,
        hasSecret: channel.signingSecret !== null,
        hasToken: channel.botToken !== null,
        isElsewhere: (form?.values.apiUrl || channel.apiUrl) !== slackApi,
      },
      manifest: url && JSON.stringify(slackManifest(bot.name, url), null, 2),
      form: form ?? emptyForm({ apiUrl: channel?.apiUrl }),
    });
  }

  async function begin(req: Request, res: Response) {
    await slack.begin(String(req.params.id), actorOf(req), clock());
    res.redirect(303, `/app/bots/${req.params.id}/slack`);
  }

  async function connect(req: Request, res: Response) {
    const input = slackAccess.parse(fields(req.body));
    const { team } = await slack.connect(String(req.params.id), input, actorOf(req), clock());
    req.session.notice = `Connected to ${team ?? 'Slack'}: mention the bot in a channel that it was invited to.`;
    res.redirect(303, `/app/bots/${req.params.id}/slack`);
  }

  async function confirmRemoval(req: Request, res: Response) {
    res.render('slack/delete', { bot: await bots.seenBy(actorOf(req), String(req.params.id)) });
  }

  async function remove(req: Request, res: Response) {
    await slack.remove(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'The bot answers in Slack no more. Delete the app there too.';
    res.redirect(303, `/app/bots/${req.params.id}/slack`);
  }
}
