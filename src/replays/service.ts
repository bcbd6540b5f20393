import type { Knex } from 'knex';
import { v4 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { Deps } from '../deps.js';
import { Conflict, Invalid, NotFound } from '../errors.js';
import { deliveryStore } from '../outbox/store.js';
import type { WebhookService } from '../webhooks/service.js';
import { requireOutgoing } from '../webhooks/sound.js';
import type { Webhook } from '../webhooks/store.js';
import { firstGivenUp, measure, type ReplayableStatus, type Selection } from './selection.js';
import { type Replay, replayStore, type Shown } from './store.js';

/** Which deliveries. Times are ms; `until` null: up to now. */
export type Wanted = { since: number; until: number | null; status: ReplayableStatus };
/** `perSecond` null: no throttle. */
export type Order = Wanted & { perSecond: number | null };

/** What a replay of a webhook would do; `refusal` says in a sentence why it cannot be started. */
export type Preview = { webhook: Webhook; count: number; refusal: string | null };

export type ReplayService = ReturnType<typeof replayService>;

/** What people do with replays; replayRunner moves them on. */
export function replayService(
  { db, reader, live }: Pick<Deps, 'db' | 'reader' | 'live'>,
  { webhooks }: { webhooks: Pick<WebhookService, 'seenBy' | 'listOf'> },
) {
  async function outgoing(actor: Actor, webhookId: string): Promise<Webhook> {
    const webhook = await webhooks.seenBy(actor, webhookId);
    requireOutgoing(webhook);
    return webhook;
  }

  async function seenBy(actor: Actor, id: string): Promise<{ replay: Replay; webhook: Webhook }> {
    const replay = await replayStore(reader).find(id);
    if (!replay) throw new NotFound('Replay');
    return { replay, webhook: await webhooks.seenBy(actor, replay.webhookId) };
  }

  async function refusalOf(connection: Knex, webhook: Webhook): Promise<string | null> {
    if (!webhook.enabled) {
      const why = webhook.disabledReason ? ` (${webhook.disabledReason})` : '';
      return `This webhook is disabled${why}: enable it first`;
    }
    const running = await replayStore(connection).runningOf(webhook.id);
    return running && alreadyRunning(running);
  }

  async function preview(webhook: Webhook, wanted: Wanted, at: number): Promise<Preview> {
    requirePast(wanted, at);
    const { count } = await measure(reader, selectionFor(webhook.id, wanted, at));
    return { webhook, count, refusal: await refusalOf(reader, webhook) };
  }

  async function start(webhook: Webhook, order: Order, actor: Actor, at: number): Promise<Replay> {
    requirePast(order, at);
    const refusal = await refusalOf(reader, webhook);
    if (refusal) throw new Conflict(refusal);
    // Beside the writes: it may be a million.
    const { count, first, last } = await measure(reader, selectionFor(webhook.id, order, at));
    const replay: Replay = {
      ...order,
      id: uuid(),
      webhookId: webhook.id,
      state: count === 0 ? 'done' : 'running',
      total: count,
      done: 0,
      afterSeq: first - 1,
      lastSeq: last,
      // The first second's worth is due at once.
      pacedUntil: at - 1_000,
      createdBy: actor.name,
      createdAt: at,
      finishedAt: count === 0 ? at : null,
    };
    await db.transaction(async (tx) => {
      if (!(await replayStore(tx).insert(replay))) {
        const running = await replayStore(tx).runningOf(webhook.id);
        throw new Conflict(running ? alreadyRunning(running) : 'A replay of this webhook has just begun');
      }
      await auditLog(tx).record(actor, started(webhook, replay), at);
    });
    tell(webhook);
    return replay;
  }

  function tell({ id, botId }: Webhook): void {
    live.publish(`webhook:${id}`, 'replay');
    live.publish(`bot:${botId}`, 'replay');
  }

  /** The outgoing webhooks of a bot; `types` null: of every type. */
  async function webhooksOf(botId: string, types: string[] | null): Promise<Webhook[]> {
    const all = await webhooks.listOf(botId, { limit: 1_000, after: null });
    return all.filter(({ type }) => type !== 'sync.trigger' && (!types || types.includes(type)));
  }

  return {
    webhooksOf,
    outgoing,
    seenBy,

    preview,

    /** One for each webhook of these types; the bot was seen by the actor. */
    async previewAll(botId: string, types: string[], wanted: Wanted, at: number): Promise<Preview[]> {
      const previews: Preview[] = [];
      for (const webhook of await webhooksOf(botId, types)) previews.push(await preview(webhook, wanted, at));
      return previews;
    },

    async start(webhookId: string, order: Order, actor: Actor, at: number): Promise<Replay> {
      return start(await outgoing(actor, webhookId), order, actor, at);
    },

    /** A replay of each of these webhooks that has something to replay and can be; the bot was seen by the actor. */
    async startAll(
      botId: string,
      types: string[],
      order: Order,
      actor: Actor,
      at: number,
    ): Promise<Replay[]> {
      const begun: Replay[] = [];
      for (const webhook of await webhooksOf(botId, types)) {
        const { count, refusal } = await preview(webhook, order, at);
        if (count > 0 && !refusal) begun.push(await start(webhook, order, actor, at));
      }
      if (begun.length === 0) throw new Conflict('Nothing can be replayed: the preview says why');
      return begun;
    },

    /** What it has put back goes on; all else stays as it was. */
    async cancel(id: string, actor: Actor, at: number): Promise<{ replay: Replay; webhook: Webhook }> {
      const { webhook } = await seenBy(actor, id);
      const replay = await db.transaction(async (tx) => {
        const cancelled = await replayStore(tx).cancel(id, at);
        const now = (await replayStore(tx).find(id))!;
        if (!cancelled) throw new Conflict(`This replay has ended already: it is ${now.state}`);
        await auditLog(tx).record(actor, stopped(webhook, now), at);
        return now;
      });
      tell(webhook);
      return { replay, webhook };
    },

    listOf: (webhookId: string, window: Window) => replayStore(reader).listOf(webhookId, window),
    latestOf: (webhookId: string, limit: number): Promise<Shown[]> =>
      replayStore(reader).latest({ 'replays.webhook_id': webhookId }, limit),
    latestOfBot: (botId: string, limit: number): Promise<Shown[]> =>
      replayStore(reader).latest({ 'webhooks.bot_id': botId }, limit),
    /** How many are on their schedule, and so no matter of a replay. */
    waiting: (webhookId: string) => deliveryStore(reader).waiting(webhookId),

    /** From when on to replay what was given up since the webhook began to fail; null if nothing was. */
    sinceItFailed: ({ id, failingSince }: Webhook): Promise<number | null> =>
      failingSince === null ? Promise.resolve(null) : firstGivenUp(reader, id, failingSince),
  };
}

const selectionFor = (webhookId: string, wanted: Wanted, at: number): Selection => ({
  ...wanted,
  webhookId,
  asOf: at,
});

function requirePast({ since, until }: Wanted, at: number): void {
  if (until !== null && until <= since) throw new Invalid([{ path: 'until', message: 'Not after since' }]);
  if (since > at) throw new Invalid([{ path: 'since', message: 'This lies in the future' }]);
}

const alreadyRunning = ({ id, done, total }: Replay) =>
  `A replay of this webhook is running already (${id}, ${done} of ${total}): cancel it, or wait until it has ended`;

const about = (webhook: Webhook) => ({ subject: webhook.targetUrl ?? webhook.type, subjectId: webhook.id });

function started(webhook: Webhook, { since, until, status, perSecond, total }: Replay) {
  const details = {
    status,
    since: new Date(since).toISOString(),
    ...(until !== null && { until: new Date(until).toISOString() }),
    perSecond: perSecond ?? 'no limit',
    deliveries: total,
  };
  return { action: 'webhook.replay-started', ...about(webhook), details };
}

const stopped = (webhook: Webhook, { done, total }: Replay) => ({
  action: 'webhook.replay-cancelled',
  ...about(webhook),
  details: { deliveries: `${done} of ${total}` },
});
