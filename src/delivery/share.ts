import { createHash, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Config } from '../config.js';
import { isPostgres } from '../records.js';
import { shareStore } from './shareStore.js';

/**
 * What this process delivers, of the processes that share a database. All of a webhook's deliveries are one process's
 * at a time, so that what holds in one process (its cap, its requests a second, the tries while it is paused) holds
 * over all of them.
 */
export type Share = {
  /** Says that this process is there, and looks who else is. */
  look: () => Promise<void>;
  /** Whether deliveries to this webhook fall to this process, as far as it knows. */
  isOurs: (webhookId: string) => boolean;
  /** Those of these webhooks that only this process sends to from now on. */
  take: (webhookIds: string[]) => Promise<Set<string>>;
  /** Whether an attempt of at most `length` ms that begins now is over before anybody else may send there. */
  covers: (webhookId: string, length: number) => boolean;
  /** Webhooks that it sends to and that fall to another process. */
  strays: () => string[];
  /** Leaves these to the others; nothing to them may be under way. */
  letGo: (webhookIds: string[]) => Promise<void>;
  /** Leaves everything to the others. */
  leave: () => Promise<void>;
};

/** For the only process on a database. */
const everything: Share = {
  look: async () => {},
  isOurs: () => true,
  take: async (webhookIds) => new Set(webhookIds),
  covers: () => true,
  strays: () => [],
  letGo: async () => {},
  leave: async () => {},
};

/** In ms. A process is there for so long after it has looked last. */
const presence = 5_000;
/** A lane is held for an attempt and so much longer, and renewed when less than half of this is left beyond it. */
const beyond = 10_000;
/** What is longer delays no other process more than this: it may send beside an attempt that a process left. */
const mostForAttempt = 60_000;

export function shareOf(db: Knex, { deliveryTimeout }: Pick<Config, 'deliveryTimeout'>): Share {
  return isPostgres(db) ? sharing(db, deliveryTimeout) : everything;
}

/**
 * Who falls to whom is found by rendezvous hashing (Thaler and Ravishankar, 1998): each process finds the same without
 * asking, and one that comes or goes moves no more than its own part. That is a wish: what counts is the lane, which
 * is held by one. Leases are granted by the clock of the database, and believed in by the monotonic one of this
 * process from before it asked, so that one that was frozen or cut off ends before the next begins.
 */
function sharing(db: Knex, attempt: number): Share {
  const own: string = randomUUID();
  const store = shareStore(db);
  const held = new Map<string, { until: number; length: number }>();
  const owners = new Map<string, string>();
  let all = [own];
  let turn: Promise<unknown> = Promise.resolve();

  /** One after another: what is let go must not be taken by an answer that comes late. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work, work);
    turn = done.catch(() => undefined);
    return done;
  }

  function ownerOf(webhookId: string): string {
    const known = owners.get(webhookId);
    if (known) return known;
    const weights = new Map(all.map((token) => [token, weight(token, webhookId)]));
    const owner = all.reduce((one, other) => (weights.get(other)! > weights.get(one)! ? other : one));
    owners.set(webhookId, owner);
    return owner;
  }

  const isOurs = (webhookId: string) => ownerOf(webhookId) === own;

  async function renew(webhookIds: string[]): Promise<void> {
    const asked = performance.now();
    const taken = await store.take(own, webhookIds, { attempt, mostForAttempt, beyond });
    for (const id of webhookIds) {
      const length = taken.get(id);
      if (length === undefined) held.delete(id);
      else held.set(id, { until: asked + length, length });
    }
  }

  const left = (webhookId: string) => (held.get(webhookId)?.until ?? 0) - performance.now();
  const isFresh = (webhookId: string, used: number) => left(webhookId) > held.get(webhookId)!.length - used;

  return {
    isOurs,

    async look() {
      const present = (await store.present(own, presence)).sort();
      if (present.join() !== all.join()) owners.clear();
      all = present;
    },

    async take(webhookIds) {
      // All at once, so that there is one statement for many.
      const isDue = webhookIds.some((id) => !held.has(id) || !isFresh(id, beyond / 2));
      if (isDue) {
        const some = webhookIds.filter((id) => !held.has(id) || !isFresh(id, beyond / 10));
        await inTurn(() => renew(some));
      }
      return new Set(webhookIds.filter((id) => left(id) > 0));
    },

    covers(webhookId, length) {
      const isCovered = left(webhookId) >= Math.min(length, mostForAttempt);
      if (!isCovered) held.delete(webhookId);
      return isCovered;
    },

    strays: () => [...held.keys()].filter((id) => !isOurs(id)),

    async letGo(webhookIds) {
      if (webhookIds.length === 0) return;
      await inTurn(async () => {
        for (const id of webhookIds) held.delete(id);
        await store.letGo(own, webhookIds);
      });
    },

    leave: () =>
      inTurn(async () => {
        held.clear();
        await store.leave(own);
      }),
  };
}

const weight = (token: string, webhookId: string) =>
  createHash('sha1').update(token).update(webhookId).digest('hex');
