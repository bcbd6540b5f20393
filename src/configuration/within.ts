import type { Knex } from 'knex';
import { botService } from '../bots/service.js';
import { channelService } from '../channels/service.js';
import type { Deps } from '../deps.js';
import { createLive } from '../http/live.js';
import { slackService } from '../slack/service.js';
import { sourceService } from '../sources/service.js';
import { syncService } from '../syncs/service.js';
import { webhookService } from '../webhooks/service.js';
import type { Standing } from '../webhooks/standing.js';

export type ServicesWithin = ReturnType<typeof servicesWithin>;

/**
 * The services on a transaction: what they write is there when it commits. They wake nobody and tell no page, which is
 * for whoever commits: `touched` has the webhooks that were changed. Nor do they ask whether an address may be reached,
 * or Slack whose a token is, since waiting for an answer would keep all others from writing.
 */
export function servicesWithin(tx: Knex.Transaction, deps: Deps, standing: Standing) {
  const guard = { ...deps.guard, resolve: async () => null };
  const within = { ...deps, db: tx, reader: tx, guard, live: createLive() };
  const touched = new Set<string>();
  const bots = botService(within);
  const sources = sourceService(within, { bots, syncs: syncService(within) });
  const courier = { wake: () => {}, hold: (id: string) => void touched.add(id) };
  const webhooks = webhookService(within, { bots, sources, courier, standing });
  const channels = channelService(within, { bots });
  const slack = slackService(within, { bots, clients: { whoAmI: unasked } });
  return { bots, sources, webhooks, channels, slack, touched };
}

const unasked = async () => ({ kind: 'refused' as const, reason: 'Slack is not asked within a transaction' });
