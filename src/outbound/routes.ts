import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { actorOf, requireAdmin } from '../accounts/access.js';
import { nextPage } from '../accounts/nextPage.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { newRule, type OutboundService } from './service.js';

const home = '/app/settings/outbound';
const shownQuery = z.object({
  url: z.string().trim().max(2000).catch(''),
  rule: z.string().trim().max(300).catch(''),
  back: z.string().max(500).catch(''),
});
const savedAlongside = [
  '/bots/:id/webhooks',
  '/webhooks/:id/edit',
  '/bots/:id/data-sources',
  '/data-sources/:id/edit',
];

/** Which addresses may be reached although they are not public. */
export function outboundRoutes(outbound: OutboundService): Router {
  const router = Router();
  router.get('/settings/outbound', requireAdmin, (req, res) =>
    show(req, res, emptyForm(shownQuery.parse(req.query))),
  );
  router.post('/settings/outbound', requireAdmin, submitted(add, show));
  router.get('/settings/outbound/:id/remove', requireAdmin, confirmRemoval);
  router.post('/settings/outbound/:id/remove', requireAdmin, remove);
  router.post(savedAlongside, requireAdmin, allowFirst(outbound));
  return router;

  async function show(req: Request, res: Response, form: FormState) {
    const { url } = shownQuery.parse(req.query);
    const rule = typeof form.values.rule === 'string' ? form.values.rule : '';
    res.render('settings/outbound', {
      ...(await outbound.list()),
      form,
      meaning: rule && !form.errors.rule ? await outbound.meaningOf(rule) : null,
      tested: url && { url, ...(await outbound.test(url)) },
    });
  }

  async function add(req: Request, res: Response) {
    const { back, ...input } = fields(req.body);
    const { rule } = await outbound.add(newRule.parse(input), actorOf(req));
    req.session.notice = `${rule} may be reached from now on.`;
    res.redirect(303, typeof back === 'string' ? nextPage(back) : home);
  }

  async function confirmRemoval(req: Request, res: Response) {
    const entry = await outbound.find(String(req.params.id));
    res.render('settings/removeRule', { entry, meaning: await outbound.meaningOf(entry.rule) });
  }

  async function remove(req: Request, res: Response) {
    const { rule } = await outbound.remove(String(req.params.id), actorOf(req));
    req.session.notice = `The rule ${rule} is gone.`;
    res.redirect(303, home);
  }
}

/** A form that was refused for its address may be sent again with the rule that allows it: then that comes first. */
function allowFirst(outbound: OutboundService): RequestHandler {
  return async (req, _res, next) => {
    const { allow, ...rest } = req.body as Record<string, unknown>;
    req.body = rest;
    if (typeof allow === 'string' && allow && !(await outbound.has(allow)))
      await outbound.add(newRule.parse({ rule: allow }), actorOf(req));
    next();
  };
}
