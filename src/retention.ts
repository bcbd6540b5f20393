import { idempotency } from './api/idempotency.js';
import type { Deps } from './deps.js';
import { pruneFigures } from './figures/upkeep.js';
import { forgetRateLimits } from './http/rateLimits.js';
import { removeEndedSessions } from './http/sessions.js';
import { outboxPruner } from './outbox/prune.js';
import { keepWithinSize } from './storage/limit.js';
import { giveSpaceBack } from './storage/space.js';
import { inSmallSteps } from './storage/steps.js';
import type { SyncService } from './syncs/service.js';

const aDay = 24 * 3_600_000;

/**
 * Removes what is older than `RETENTION_DAYS`, then what is too much for `RETENTION_SIZE`, and makes the file shorter
 * by it: each in small steps between which all else goes on. What is not done in a second waits for the next turn.
 */
export function retention(
  deps: Pick<Deps, 'config' | 'db' | 'reader' | 'vault'>,
  syncs: Pick<SyncService, 'prune' | 'pruneSome'>,
): (at: number) => Promise<void> {
  const { config, db } = deps;
  const outbox = outboxPruner(db);

  return async function keepWithin(at: number): Promise<void> {
    const until = at - config.retentionDays * aDay;
    await inSmallSteps(() => outbox.step(until, 100));
    await pruneFigures(db, at, until);
    await syncs.prune(until);
    await idempotency(deps).prune(at);
    await removeEndedSessions(db);
    await forgetRateLimits(db, at);
    await keepWithinSize(db, config.retentionSize, { outbox, pruneSyncs: syncs.pruneSome }, at);
    await giveSpaceBack(deps);
  };
}
