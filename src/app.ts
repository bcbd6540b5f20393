import compression from 'compression';
import express, { type Express } from 'express';
import { recogniseUser, requireUser } from './accounts/access.js';
import { accountRoutes } from './accounts/routes.js';
import { signInRoutes } from './accounts/signInRoutes.js';
import { withOpenApi } from './api/openapi.js';
import { apiRouter } from './api/router.js';
import { botEndpoints } from './bots/api.js';
import { overviewRoutes } from './bots/overviewRoutes.js';
import { botRoutes } from './bots/routes.js';
import { channelEndpoints } from './channels/api.js';
import { channelRoutes } from './channels/publicRoutes.js';
import { channelPageRoutes } from './channels/routes.js';
import { channelTalk } from './channels/talk.js';
import { configurationRoutes } from './configuration/routes.js';
import { conversationEndpoints } from './conversations/api.js';
import { countWaiting, inboxRoutes } from './conversations/inboxRoutes.js';
import { conversationPageRoutes } from './conversations/pageRoutes.js';
import { conversationTabRoutes } from './conversations/tabRoutes.js';
import { visitorRoutes } from './conversations/visitorRoutes.js';
import { NotFound } from './errors.js';
import { eventEndpoints } from './events/api.js';
import { eventRoutes } from './events/routes.js';
import { figureEndpoints } from './figures/api.js';
import { figureRoutes } from './figures/routes.js';
import { healthRoutes } from './health.js';
import { homeRoutes } from './home/routes.js';
import { sampleRoutes } from './home/sampleRoutes.js';
import type { Hookbell } from './hookbell.js';
import { assets } from './http/assets.js';
import { csrfProtection } from './http/csrf.js';
import { formBody } from './http/form.js';
import { buildOf, pageLocals } from './http/locals.js';
import { pageErrors } from './http/problem.js';
import { requestLog } from './http/requestLog.js';
import { securityHeaders } from './http/security.js';
import { sessions } from './http/sessions.js';
import { knowledgeEndpoints } from './knowledge/api.js';
import { metricsRoutes } from './metrics.js';
import { refusalLocals } from './outbound/refused.js';
import { outboundRoutes } from './outbound/routes.js';
import { receiverPageRoutes } from './receivers/pageRoutes.js';
import { testInboxRoutes } from './receivers/publicRoutes.js';
import { receiverTargetRoutes } from './receivers/targetRoutes.js';
import { replayEndpoints } from './replays/api.js';
import { botReplayRoutes } from './replays/botRoutes.js';
import { replayRoutes } from './replays/routes.js';
import { searchRoutes } from './search/routes.js';
import { slackEndpoints } from './slack/api.js';
import { slackListener } from './slack/listen.js';
import { slackEventRoutes } from './slack/publicRoutes.js';
import { slackRoutes } from './slack/routes.js';
import { sourceEndpoints } from './sources/api.js';
import { fileEndpoints } from './sources/fileApi.js';
import { previewEndpoints } from './sources/preview/api.js';
import { previewRoutes } from './sources/preview/routes.js';
import { sourceRoutes } from './sources/routes.js';
import { storageRoutes } from './storage/routes.js';
import { syncEndpoints } from './syncs/api.js';
import { syncRoutes } from './syncs/routes.js';
import { webhookEndpoints } from './webhooks/api.js';
import { catalogueEndpoints } from './webhooks/catalogueApi.js';
import { deliveryEndpoints } from './webhooks/deliveryApi.js';
import { deliveryPageRoutes } from './webhooks/deliveryPageRoutes.js';
import { deliveryRoutes } from './webhooks/deliveryRoutes.js';
import { receiverRoutes } from './webhooks/receiverRoutes.js';
import { webhookRoutes } from './webhooks/routes.js';
import { webhookSecretEndpoints } from './webhooks/secretApi.js';
import { secretRoutes } from './webhooks/secretRoutes.js';
import { triggerRoutes } from './webhooks/triggerRoutes.js';
import { widgetRoutes } from './widget/routes.js';
import { widgetTabRoutes } from './widget/tabRoutes.js';

const views = `${import.meta.dirname}/../../views`;

/** The map of the house: what answers where, from the outside in. */
export function createApp(hookbell: Hookbell): Express {
  const { deps, accounts, bots } = hookbell;
  const endpoints = [
    ...botEndpoints(bots),
    ...sourceEndpoints(bots, hookbell.sources),
    ...previewEndpoints(hookbell.previews),
    ...fileEndpoints(deps, hookbell.files),
    ...syncEndpoints(hookbell.sources, hookbell.syncs),
    ...knowledgeEndpoints(deps, hookbell),
    ...conversationEndpoints(bots, hookbell.conversations),
    ...channelEndpoints(deps.config, bots, hookbell.channels),
    ...slackEndpoints(deps.config, bots, hookbell.slack),
    ...webhookEndpoints(bots, hookbell.webhooks),
    ...webhookSecretEndpoints(hookbell.webhooks),
    ...catalogueEndpoints,
    ...deliveryEndpoints(hookbell.webhooks, hookbell.deliveries),
    ...eventEndpoints(hookbell.events),
    ...replayEndpoints(hookbell.replays),
    ...figureEndpoints(hookbell.figures),
  ];
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', deps.config.trustProxy);
  app.set('query parser', 'simple');
  app.set('view engine', 'ejs');
  app.set('views', views);
  app.set('view cache', true);
  // Express's own last resort prints stacks otherwise.
  app.set('env', 'production');
  app.locals.build = buildOf(deps.version);

  app.use(healthRoutes(hookbell));
  app.use(metricsRoutes(deps, hookbell.metrics));
  if (deps.config.role === 'worker') return app;
  app.use(requestLog(deps.log));
  app.use(securityHeaders(deps.config));
  app.use(triggerRoutes(deps, hookbell.syncs));
  app.use(testInboxRoutes(deps, hookbell.receivers));
  app.use('/api/v1', apiRouter(deps, accounts, withOpenApi(deps, endpoints)));

  app.use(slackEventRoutes(deps, hookbell.slack, slackListener(deps, hookbell)));
  app.use(channelRoutes(deps, hookbell.channels, channelTalk(deps, hookbell)));
  app.use(visitorRoutes(deps, bots, hookbell.conversations));

  app.use(compression());
  app.use('/assets', assets());
  app.use(widgetRoutes(deps, bots, hookbell.conversations));
  app.use(sessions(deps), formBody, csrfProtection);
  app.use(recogniseUser(accounts), pageLocals(deps));
  app.use(signInRoutes(deps, accounts));
  app.use('/app', requireUser, countWaiting(hookbell.conversations));
  app.use('/app', refusalLocals(hookbell.outbound, accounts));
  app.use('/app', accountRoutes(deps, accounts));
  app.use('/app', outboundRoutes(hookbell.outbound));
  app.use('/app', storageRoutes(deps, hookbell.storage));
  app.use('/app', configurationRoutes(deps, hookbell.configuration));
  app.use('/app', botRoutes(deps, bots, accounts));
  app.use('/app', homeRoutes(deps, hookbell));
  app.use('/app', sampleRoutes(deps, hookbell));
  app.use('/app', searchRoutes(hookbell));
  app.use('/app', overviewRoutes(deps, hookbell));
  app.use('/app', sourceRoutes(deps, hookbell));
  app.use('/app', previewRoutes(deps, hookbell));
  app.use('/app', syncRoutes(hookbell));
  app.use('/app', widgetTabRoutes(deps, bots));
  app.use('/app', slackRoutes(deps, hookbell));
  app.use('/app', channelPageRoutes(deps, hookbell));
  app.use('/app', receiverTargetRoutes(deps, hookbell));
  app.use('/app', webhookRoutes(deps, hookbell));
  // Before the page of a webhook, which shows the latest replays.
  app.use('/app', replayRoutes(deps, hookbell));
  app.use('/app', botReplayRoutes(deps, hookbell));
  app.use('/app', deliveryRoutes(deps, hookbell));
  app.use('/app', deliveryPageRoutes(deps, hookbell));
  app.use('/app', eventRoutes(hookbell));
  app.use('/app', secretRoutes(deps, hookbell));
  app.use('/app', receiverRoutes(deps, hookbell));
  app.use('/app', figureRoutes(deps, hookbell));
  app.use('/app', receiverPageRoutes(deps, hookbell));
  app.use('/app', inboxRoutes(deps, hookbell));
  app.use('/app', conversationPageRoutes(deps, hookbell));
  app.use('/app', conversationTabRoutes(hookbell));
  app.use(() => {
    throw new NotFound();
  });
  app.use(pageErrors);
  return app;
}
