import type { Actor } from '../accounts/actor.js';
import type { Courier } from '../delivery/courier.js';
import type { Deps } from '../deps.js';
import { Conflict } from '../errors.js';
import { hasten } from '../outbox/hasten.js';
import { healthStore } from './healthStore.js';
import { requireOutgoing } from './sound.js';
import type { Standing } from './standing.js';
import type { Webhook } from './store.js';

type Parts = {
  seenBy: (actor: Actor, id: string) => Promise<Webhook>;
  standing: Standing;
  courier: Pick<Courier, 'wake' | 'hold'>;
};

/** Holding a webhook by hand, and letting it go again. */
export function webhookPausing(
  { config, db }: Pick<Deps, 'config' | 'db'>,
  { seenBy, standing, courier }: Parts,
) {
  async function outgoing(actor: Actor, id: string) {
    const webhook = await seenBy(actor, id);
    requireOutgoing(webhook);
    return { ...webhook, url: webhook.targetUrl! };
  }

  return {
    /** When failures pause a webhook that is failing, if nothing else comes. */
    pausesAt: ({ failingSince }: Webhook) => failingSince && failingSince + config.pauseAfter,

    /** Events wait and are kept until `resume`. What failures had paused is tried no more. */
    async pause(id: string, actor: Actor, at: number): Promise<Webhook> {
      const webhook = await outgoing(actor, id);
      await db.transaction(async (tx) => {
        if (!(await healthStore(tx).pause(id, at))) return;
        await standing.changed(tx, { state: 'paused', webhook, reason: null }, actor, at);
      });
      courier.hold(id);
      return seenBy(actor, id);
    },

    /** Sends all that waits, also what waited for its schedule. */
    async resume(id: string, actor: Actor, at: number): Promise<Webhook> {
      const webhook = await outgoing(actor, id);
      await db.transaction(async (tx) => {
        if (!(await healthStore(tx).resume(id, at))) return;
        await hasten(tx, id, at);
        await standing.changed(tx, { state: 'resumed', webhook, reason: null }, actor, at);
      });
      courier.wake([id]);
      return seenBy(actor, id);
    },

    /** A webhook that failures paused is tried now, not at the time that was set. */
    async tryNow(id: string, actor: Actor, at: number): Promise<Webhook> {
      await outgoing(actor, id);
      if (!(await healthStore(db).tryAt(id, at))) throw new Conflict('Failures did not pause this webhook');
      courier.wake([id]);
      return seenBy(actor, id);
    },
  };
}
