import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { accountService } from './accounts/service.js';
import { answersFrom } from './answers/answers.js';
import { asking as createAsking } from './answers/asking.js';
import { botService } from './bots/service.js';
import { channelService } from './channels/service.js';
import type { Config } from './config.js';
import { configurationService } from './configuration/service.js';
import { conversationsOfBots } from './conversations/belonging.js';
import { conversationChores } from './conversations/chores.js';
import { conversationService } from './conversations/service.js';
import { noticesOf, openDatabase } from './database.js';
import { turns } from './databases/turns.js';
import { courier as createCourier } from './delivery/courier.js';
import { couriers } from './delivery/couriers.js';
import type { Deps } from './deps.js';
import { eventAnnouncer } from './events/announcer.js';
import { eventService } from './events/service.js';
import { figureService } from './figures/service.js';
import { sampleBacklog } from './figures/upkeep.js';
import { firstSteps as createFirstSteps } from './home/firstSteps.js';
import { sampleService } from './home/sample.js';
import { createLive } from './http/live.js';
import { knowledgeSearch } from './knowledge/search.js';
import { mailer } from './mail/mailer.js';
import { smtpTransport } from './mail/smtp.js';
import { createMetrics } from './metrics.js';
import { createGuard } from './net/guard.js';
import { rulesInForce } from './outbound/rules.js';
import { outboundService } from './outbound/service.js';
import { createOutbox } from './outbox/append.js';
import { strandedDeliveries } from './outbox/stranded.js';
import { ownReceivers } from './receivers/own.js';
import { testReceivers } from './receivers/receivers.js';
import { replayRunner } from './replays/runner.js';
import { replayService } from './replays/service.js';
import { retention } from './retention.js';
import { background, type Chore } from './schedule.js';
import { searchService } from './search/service.js';
import { slackClients } from './slack/client.js';
import { slackSender } from './slack/sender.js';
import { slackService } from './slack/service.js';
import { fileService } from './sources/files.js';
import { previewService } from './sources/preview/service.js';
import { purging } from './sources/purge.js';
import { sourceService } from './sources/service.js';
import { storageMeter } from './storage/meter.js';
import { syncRunner } from './syncs/runner.js';
import { syncService } from './syncs/service.js';
import type { SyncThreads } from './syncs/threads.js';
import { createVault, secretKeyFrom } from './vault.js';
import { deliveryService } from './webhooks/deliveries.js';
import { webhookService } from './webhooks/service.js';
import { standing } from './webhooks/standing.js';
import { webhookStore } from './webhooks/store.js';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

export type Hookbell = Awaited<ReturnType<typeof createHookbell>>;

/**
 * Opens and migrates the database and makes the services; nothing runs until `start`. When it stops, deliveries in
 * flight have `grace` ms to end. Syncs run in `threads`, by default its own.
 */
export async function createHookbell(
  config: Config,
  log: Logger,
  clock: () => number,
  { grace, threads }: { grace?: number; threads?: SyncThreads } = {},
) {
  const database = openDatabase(config);
  await database.migrate().catch(async (error) => {
    await database.close();
    throw error;
  });
  const notices = noticesOf(config, database, log);
  const live = createLive(notices);
  const rules = rulesInForce(config.outboundAllow);
  const deps: Deps = {
    config,
    db: database.db,
    reader: database.reader,
    log,
    clock,
    vault: createVault(secretKeyFrom(config)),
    live,
    guard: createGuard(rules.all),
    version,
  };
  const outbound = outboundService(deps, rules, () => notices.tell('outbound rules', {}));
  await outbound.reload();
  // One that fails is made up for by the next turn of the chore.
  notices.hear('outbound rules', () => outbound.reload().catch(() => undefined));
  const accounts = accountService(deps);
  const bots = botService(deps);
  const metrics = createMetrics(deps);
  const webhookStanding = standing(deps, metrics.webhookChanged);
  const own = ownReceivers(config);
  const courier = createCourier(deps, { attempted: metrics.attempt, standing: webhookStanding, own });
  const allCouriers = couriers(courier, notices);
  const outbox = createOutbox({
    listeners: (tx, event) => webhookStore(tx).listeners(event),
    whyUnheard: (tx, event) => webhookStore(tx).whyUnheard(event),
    nudge: allCouriers.wake,
    announce: eventAnnouncer(live),
  });
  const syncs = syncService(deps);
  const sources = sourceService(deps, { bots, syncs });
  const files = fileService(deps, { sources, syncs });
  const previews = previewService(deps, { bots, sources });
  const runner = syncRunner(deps, { syncs, sources, outbox }, threads);
  notices.hear('sync queued', runner.wake);
  notices.hear('syncs dropped', ({ sourceId }: { sourceId: string }) => runner.drop(sourceId));
  syncs.signals.on('queued', () => notices.tell('sync queued', {}));
  syncs.signals.on('dropped', (sourceId: string) => notices.tell('syncs dropped', { sourceId }));
  const search = knowledgeSearch(deps.reader);
  const answers = answersFrom(deps, search);
  const asking = createAsking(deps, { answers, search });
  const conversations = conversationService(deps, {
    bots,
    accounts,
    outbox,
    answers,
  });
  bots.owns(conversationsOfBots(deps));
  const channels = channelService(deps, { bots });
  const slackApi = slackClients(deps.guard);
  const slack = slackService(deps, { bots, clients: slackApi });
  const sender = slackSender(deps, slackApi);
  const mail = mailer(deps, smtpTransport(config));
  const receivers = testReceivers(deps);
  const webhooks = webhookService(
    { ...deps, guard: own.known(deps.guard) },
    { bots, sources, courier: allCouriers, standing: webhookStanding },
  );
  const sample = sampleService(deps, { bots, sources, webhooks, receivers });
  const firstSteps = createFirstSteps(deps);
  const configuration = configurationService(deps, {
    syncs,
    courier: allCouriers,
    standing: webhookStanding,
    targets: own.known(deps.guard),
  });
  const deliveries = deliveryService(deps, { webhooks, outbox, courier: allCouriers });
  const events = eventService(deps, { bots });
  const figures = figureService(deps, { webhooks });
  const replays = replayService(deps, { webhooks });
  const replaying = replayRunner(deps, { courier: allCouriers });
  const stranded = strandedDeliveries(database.db);
  const freeStranded = async (at: number) => allCouriers.wake(await stranded(at));
  const chores: Chore[] = [
    { name: 'deliveries', every: '* * * * * *', run: courier.sweep },
    { name: 'stranded deliveries', every: '30 * * * * *', isForOne: true, run: freeStranded },
    { name: 'syncs', every: '* * * * * *', run: runner.sweep },
    { name: 'replays', every: '* * * * * *', run: replaying.sweep },
    { name: 'ended replays', every: '40 * * * * *', isForOne: true, run: replaying.prune },
    ...conversationChores(conversations, mail),
    { name: 'answers for Slack', every: '* * * * * *', run: sender.sweep },
    { name: 'first steps', every: '25 * * * * *', isForOne: true, run: firstSteps.settle },
    { name: 'backlog', every: '15 * * * * *', isForOne: true, run: (at) => sampleBacklog(deps, at) },
    { name: 'receivers', every: '50 * * * * *', isForOne: true, run: receivers.prune },
    { name: 'purge', every: '*/10 * * * * *', isForOne: true, run: purging(deps, { syncs }) },
    { name: 'retention', every: '5-59/10 * * * * *', isForOne: true, run: retention(deps, syncs) },
  ];
  const choreTurns = turns(database.db);
  const work = background(deps, chores, choreTurns);
  // Pages refuse addresses by these rules: also where no other work is done.
  const rereading = background(
    deps,
    [{ name: 'outbound rules', every: '*/5 * * * * *', run: outbound.reload }],
    choreTurns,
  );

  /** Also in the middle of the start. */
  let stopping = false;

  return {
    deps,
    accounts,
    bots,
    webhooks,
    configuration,
    deliveries,
    events,
    replays,
    replaying,
    figures,
    receivers,
    sample,
    firstSteps,
    outbox,
    outbound,
    storage: storageMeter(deps),
    sources,
    files,
    previews,
    syncs,
    search,
    finder: searchService(deps),
    asking,
    conversations,
    channels,
    slack,
    sender,
    metrics,
    background: work,

    /** Where this process answers (`server.address()`): deliveries to its own test receivers go there. */
    listensAt: own.listensAt,

    async start(): Promise<void> {
      // Pages whose streams end come back and look again.
      await notices.start(live.close);
      rereading.start();
      if (config.role === 'web') return;
      const ownsDatabase = !config.databaseUrl;
      await courier.start({ ownsDatabase });
      await runner.start({ ownsDatabase });
      await sender.start({ ownsDatabase });
      await conversations.replies.start({ ownsDatabase });
      if (!stopping) work.start();
    },

    /** Lets go of all that is in flight, and closes the database once nobody asks any more (`drained`). */
    async stop(drained: () => Promise<unknown> = async () => {}): Promise<void> {
      stopping = true;
      live.close();
      await Promise.all([rereading.stop(), work.stop()]);
      await choreTurns.stop();
      await Promise.all([runner.stop(), previews.stop(), courier.stop(grace), conversations.replies.stop()]);
      await sender.stop();
      await slackApi.close();
      mail.stop();
      await Promise.all([receivers.stop(), own.close()]);
      await drained();
      // Until now, requests may have brought messages.
      await conversations.replies.givenBack();
      await notices.stop();
      await database.close();
    },
  };
}
