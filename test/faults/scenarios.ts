import type { Scenario } from './scenario.js';
import { backup } from './scenarios/backup.js';
import { clock } from './scenarios/clock.js';
import { corruptFile } from './scenarios/corruptFile.js';
import { failedMigration } from './scenarios/failedMigration.js';
import { foreignLock } from './scenarios/foreignLock.js';
import { frozen } from './scenarios/frozen.js';
import { fullDisk } from './scenarios/fullDisk.js';
import { heldLog } from './scenarios/heldLog.js';
import { herd } from './scenarios/herd.js';
import { killAtRandom } from './scenarios/killAtRandom.js';
import { killAtRequest } from './scenarios/killAtRequest.js';
import { killInMigration } from './scenarios/killInMigration.js';
import { killInSync } from './scenarios/killInSync.js';
import { misbehaving } from './scenarios/misbehaving.js';
import { postgresAway } from './scenarios/postgresAway.js';
import { readOnlyFolder } from './scenarios/readOnlyFolder.js';
import { terminated } from './scenarios/terminated.js';

export const scenarios: Record<string, Scenario> = {
  killAtRequest,
  killAtRandom,
  killInSync,
  misbehaving,
  terminated,
  frozen,
  clock,
  fullDisk,
  readOnlyFolder,
  corruptFile,
  foreignLock,
  heldLog,
  killInMigration,
  failedMigration,
  backup,
  postgresAway,
  herd,
};
