import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Deps } from '../deps.js';
import { homeSettings } from './settings.js';

/** What a new admin has done so far, the sample aside; `botId` is the newest bot of their own. */
export type FirstSteps = {
  botId: string | null;
  webhookId: string | null;
  hasBot: boolean;
  hasSynced: boolean;
  hasWebhook: boolean;
  hasDelivered: boolean;
};

export type FirstStepsService = ReturnType<typeof firstSteps>;

/** The checklist of the dashboard: it ticks itself, and goes for good when all is done or somebody dismisses it. */
export function firstSteps({ db, reader }: Pick<Deps, 'db' | 'reader'>) {
  let areOver = false;

  /** Null when they are over. */
  async function current(): Promise<FirstSteps | null> {
    areOver ||= await homeSettings(reader).areStepsOver();
    if (areOver) return null;
    const steps = await stepsTaken(reader);
    return isDone(steps) ? null : steps;
  }

  return {
    current,

    /** Remembers that all was done: the log that shows it is kept for a while only. */
    async settle(): Promise<void> {
      if (areOver || (await homeSettings(reader).areStepsOver())) return;
      if (isDone(await stepsTaken(reader))) await homeSettings(db).endSteps('done');
    },

    async dismiss(actor: Actor, at: number): Promise<void> {
      await db.transaction(async (tx) => {
        await homeSettings(tx).endSteps('dismissed');
        await auditLog(tx).record(actor, { action: 'first-steps.dismissed', subject: 'First steps' }, at);
      });
    },
  };
}

const isDone = ({ hasBot, hasSynced, hasWebhook, hasDelivered }: FirstSteps) =>
  hasBot && hasSynced && hasWebhook && hasDelivered;

async function stepsTaken(reader: Knex): Promise<FirstSteps> {
  const sample = await homeSettings(reader).sample();
  const own = () =>
    reader('bots')
      .whereNull('bots.deleted_at')
      .modify((query) => sample && query.whereNot('bots.id', sample.botId));
  const of = (table: string) =>
    own().join(table, `${table}.bot_id`, 'bots.id').whereNull(`${table}.deleted_at`);
  const outgoing = () => of('webhooks').whereNotNull('webhooks.target_url');

  const bot = await own().orderBy('bots.id', 'desc').first('bots.id');
  const synced = await of('data_sources')
    .where((any) =>
      any
        .where('data_sources.visible_sync', '>', 0)
        .orWhereExists(
          reader('syncs').whereRaw("syncs.source_id = data_sources.id AND syncs.status = 'succeeded'"),
        ),
    )
    .first('data_sources.id');
  const webhook = await outgoing().orderBy('webhooks.created_at', 'desc').first('webhooks.id');
  const delivered = await outgoing()
    .whereExists(
      // `finished_at` leads to an index that has the delivered ones in it.
      reader('deliveries').whereRaw(
        "deliveries.webhook_id = webhooks.id AND deliveries.status = 'delivered' AND deliveries.finished_at IS NOT NULL",
      ),
    )
    .first('webhooks.id');
  return {
    botId: bot?.id ?? null,
    webhookId: webhook?.id ?? null,
    hasBot: bot !== undefined,
    hasSynced: synced !== undefined,
    hasWebhook: webhook !== undefined,
    hasDelivered: delivered !== undefined,
  };
}
