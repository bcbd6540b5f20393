import type { Counted } from '../../src/figures/count.js';
import { type Claimed, claim } from '../../src/outbox/claim.js';
import { type Attempt, type Settlement, settle } from '../../src/outbox/settle.js';
import { emit, type Hook } from '../support/outbox.js';
import type { Running } from '../support/server.js';

const lease = { token: 'a-lease', until: Number.MAX_SAFE_INTEGER };

/** Events of the webhook's bot, claimed as the courier claims them (it is not at work here). */
export async function claimed(running: Running, hook: Hook, count: number): Promise<Claimed[]> {
  const { db, clock } = running.hookbell.deps;
  for (let made = 0; made < count; made += 1) await emit(running, hook.botId);
  return db.transaction((tx) => claim(tx, [{ webhookId: hook.id, limit: count }], lease, clock()));
}

export type Ended = { outcome: Counted; durationMs: number };

/** What the courier settles when attempts that it made end at this moment. */
export function settlements(running: Running, claims: Claimed[], ended: Ended[]): Settlement[] {
  const at = running.hookbell.deps.clock();
  return claims.map((one, index) => {
    const { outcome, durationMs } = ended[index]!;
    return {
      claimed: one,
      attempt: attempt(at - durationMs, durationMs),
      next:
        outcome === 'retried'
          ? { status: 'pending', step: 1, nextAttemptAt: at + 5_000 }
          : { status: outcome, finishedAt: at },
    };
  });
}

/** Deliveries whose one attempt each ends now like this. */
export async function settled(running: Running, hook: Hook, ended: Ended[]): Promise<void> {
  const claims = await claimed(running, hook, ended.length);
  await running.hookbell.deps.db.transaction((tx) => settle(tx, settlements(running, claims, ended)));
}

const attempt = (startedAt: number, durationMs: number): Attempt => ({
  startedAt,
  durationMs,
  url: 'http://127.0.0.1/',
  status: 200,
  error: null,
  requestHeaders: {},
  responseHeaders: null,
  responseBody: null,
  truncated: false,
  timings: { reused: null, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
});
