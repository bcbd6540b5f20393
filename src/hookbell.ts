import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { accountService } from './accounts/service.js';
import { answersFrom } from './answers/answers.js';
import { botService } from './bots/service.js';
import type { Config } from './config.js';
import { conversationsOfBots } from './conversations/belonging.js';
import { conversationChores } from './conversations/chores.js';
import { conversationService } from './conversations/service.js';
import { openDatabase } from './database.js';
import { courier as createCourier } from './delivery/courier.js';
import type { Deps } from './deps.js';
import { createLive } from './http/live.js';
import { knowledgeSearch } from './knowledge/search.js';
import { mailer } from './mail/mailer.js';
import { smtpTransport } from './mail/smtp.js';
import { createMetrics } from './metrics.js';
import { createGuard } from './net/guard.js';
import { createOutbox } from './outbox/append.js';
import { retention } from './retention.js';
import { background, type Chore } from './schedule.js';
import { fileService } from './sources/files.js';
import { purging } from './sources/purge.js';
import { sourceService } from './sources/service.js';
import { syncRunner } from './syncs/runner.js';
import { syncService } from './syncs/service.js';
import { createVault, secretKeyFrom } from './vault.js';
import { deliveryService } from './webhooks/deliveries.js';
import { webhookService } from './webhooks/service.js';
import { webhookStore } from './webhooks/store.js';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

export type Hookbell = Awaited<ReturnType<typeof createHookbell>>;

/** Opens and migrates the database and makes the services; nothing runs until `start`. */
export async function createHookbell(config: Config, log: Logger, clock: () => number) {
  const database = openDatabase(config);
  await database.migrate();
  const live = createLive();
  const deps: Deps = {
    config,
    db: database.db,
    reader: database.reader,
    log,
    clock,
    vault: createVault(secretKeyFrom(config)),
    live,
    guard: createGuard(() => config.outboundAllow),
    version,
  };
  const accounts = accountService(deps);
  const bots = botService(deps);
  const metrics = createMetrics(deps);
  const courier = createCourier(deps, metrics.attempt);
  const outbox = createOutbox({
    listeners: (tx, event) => webhookStore(tx).listeners(event),
    nudge: (webhookIds) => courier.wake(webhookIds),
  });
  const syncs = syncService(deps);
  const sources = sourceService(deps, { bots, syncs });
  const files = fileService(deps, { sources, syncs });
  const runner = syncRunner(deps, { syncs, sources, outbox });
  const search = knowledgeSearch(deps.reader);
  const conversations = conversationService(deps, {
    bots,
    accounts,
    outbox,
    answers: answersFrom(deps, search),
  });
  bots.owns(conversationsOfBots(deps));
  const mail = mailer(deps, smtpTransport(config));
  const webhooks = webhookService(deps, { bots, sources, courier });
  const deliveries = deliveryService(deps, { webhooks, outbox, courier });
  const chores: Chore[] = [
    { name: 'deliveries', every: '* * * * * *', run: courier.sweep },
    { name: 'syncs', every: '* * * * * *', run: runner.sweep },
    ...conversationChores(conversations, mail),
    { name: 'purge', every: '*/10 * * * * *', run: purging(deps, { syncs }) },
    { name: 'retention', every: '5-59/10 * * * * *', run: retention(deps, syncs) },
  ];
  const work = background(deps, chores);

  return {
    deps,
    accounts,
    bots,
    webhooks,
    deliveries,
    outbox,
    sources,
    files,
    syncs,
    search,
    conversations,
    metrics,
    background: work,

    async start(): Promise<void> {
      if (config.role === 'web') return;
      await courier.start({ ownsDatabase: true });
      await runner.start({ ownsDatabase: true });
      await conversations.replies.start({ ownsDatabase: true });
      work.start();
    },

    /** Lets go of all that is in flight, and closes the database once nobody asks any more (`drained`). */
    async stop(drained: () => Promise<unknown> = async () => {}): Promise<void> {
      live.close();
      await work.stop();
      await Promise.all([runner.stop(), courier.stop(), conversations.replies.stop()]);
      mail.stop();
      await drained();
      await database.close();
    },
  };
}
