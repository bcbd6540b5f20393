import { idempotency } from './api/idempotency.js';
import type { Deps } from './deps.js';
import { removeEndedSessions } from './http/sessions.js';
import { pruneOutbox } from './outbox/prune.js';
import type { SyncService } from './syncs/service.js';

const aDay = 24 * 3_600_000;
const stepsATime = 40;

/** Removes what is older than `RETENTION_DAYS`, in small steps between which all else goes on. */
export async function keepWithinRetention(
  deps: Pick<Deps, 'config' | 'db' | 'vault'>,
  syncs: Pick<SyncService, 'prune'>,
  at: number,
): Promise<void> {
  const until = at - deps.config.retentionDays * aDay;
  for (let step = 0; step < stepsATime; step++) {
    if (!(await pruneOutbox(deps.db, until))) break;
  }
  await syncs.prune(until);
  await idempotency(deps).prune(at);
  await removeEndedSessions(deps.db, at);
}
