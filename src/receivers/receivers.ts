import type { Deps } from '../deps.js';
import { createHolding } from './holding.js';
import { receiverIntake } from './intake.js';
import { receiverService } from './service.js';

type Needs = Pick<Deps, 'config' | 'db' | 'reader' | 'vault' | 'clock' | 'live'>;

export type Receivers = ReturnType<typeof testReceivers>;

/** The test receivers: what people do with them, what comes in, and who is kept waiting. */
export function testReceivers(deps: Needs) {
  const holding = createHolding();
  const intake = receiverIntake(deps, holding);
  return {
    ...receiverService(deps),
    intake,
    holding,

    /** Lets go of everybody who is kept waiting. */
    stop: holding.stop,
  };
}
