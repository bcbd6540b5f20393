import { formatDistanceStrict } from 'date-fns/formatDistanceStrict';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { TooMany } from '../errors.js';
import { inMemory, type Limiter } from '../http/rateLimits.js';
import { parseAddress } from '../net/addresses.js';

const atOnce = 5;
const perNetwork = 100;
const aQuarter = 15 * 60;
const anHour = 3600;

/** An attempt that was counted as failed when it began, so that attempts side by side count too. */
export type Attempt = { succeeded: () => Promise<void> };

/** Seconds to wait after the nth run of five failures: a minute, then twice as long each time, up to an hour. */
export const waitAfter = (run: number) => Math.min(60 * 2 ** (run - 1), anHour);

/** Five attempts, then a wait that grows until one succeeds or a day has passed. */
export function failureThrottle(prefix: string, limiter = inMemory) {
  const attempts = limiter({ name: `${prefix} attempts`, points: atOnce, duration: aQuarter });
  const runs = limiter({ name: `${prefix} runs`, points: 1, duration: 24 * anHour });

  return {
    /** Throws `TooMany` while `key` has to wait. */
    async begin(key: string): Promise<Attempt> {
      const { consumedPoints } = await consume(attempts, key);
      if (consumedPoints === atOnce) {
        const run = await runs.penalty(key);
        await attempts.block(key, waitAfter(run.consumedPoints));
      }
      return {
        async succeeded() {
          await attempts.delete(key);
          await runs.delete(key);
        },
      };
    },
  };
}

/**
 * Who may try to sign in now. A browser that signed in before as this user has a count of its own, so that
 * nobody else's failures lock the user out (OWASP Authentication Cheat Sheet, "device cookies"); all others
 * count by network and e-mail address, and by network alone. `limiter` says where the counts are.
 */
export function signInThrottle(limiter = inMemory) {
  const devices = failureThrottle('device', limiter);
  const strangers = failureThrottle('stranger', limiter);
  const networks = limiter({ name: 'network', points: perNetwork, duration: anHour });

  return {
    /** `device` is the number of a device cookie of this user, or null. Throws `TooMany`. */
    async begin(from: { address: string; email: string; device: string | null }): Promise<Attempt> {
      if (from.device) return devices.begin(from.device);
      const network = networkOf(from.address);
      await consume(networks, network);
      const attempt = await strangers.begin(`${network} ${from.email}`);
      return {
        async succeeded() {
          await networks.reward(network);
          await attempt.succeeded();
        },
      };
    },
  };
}

/** An IPv4 address, or the /64 that one customer of a provider holds in IPv6. */
export function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed?.kind() !== 'ipv6') return parsed?.toString() ?? address;
  return parsed.toByteArray().slice(0, 8).join('.');
}

async function consume(limiter: Limiter, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const wait = formatDistanceStrict(0, refused.msBeforeNext, { roundingMethod: 'ceil' });
    throw new TooMany(`Too many failed attempts. Try again in ${wait}.`, refused.msBeforeNext / 1000);
  }
}
