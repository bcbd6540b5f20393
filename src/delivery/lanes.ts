import type { Claimed, Want } from '../outbox/claim.js';
import type { Target } from '../webhooks/target.js';
import {
  appetite,
  isDoubtful,
  isForgettable,
  isLow,
  isProven,
  type Lane,
  newLane,
  nextStart,
  noteStart,
} from './lane.js';

const lanesATime = 64;
/** Of all of them together, so that nobody waits long for the transaction. */
const deliveriesATime = 2_000;

export type Lanes = ReturnType<typeof createLanes>;

/** The webhooks that this process delivers to: which want more, what was claimed for them, and whose turn it is. */
export function createLanes({ eachAtOnce, allAtOnce }: { eachAtOnce: number; allAtOnce: number }) {
  const lanes = new Map<string, Lane>();
  /** Webhooks that may have more due than was claimed; those that had their turn are at the end. */
  const hungry = new Set<string>();
  let inFlight = 0;

  function laneOf(webhookId: string): Lane {
    const lane = lanes.get(webhookId) ?? newLane(eachAtOnce);
    lanes.set(webhookId, lane);
    return lane;
  }

  function* open(): Generator<Want> {
    for (const webhookId of hungry) {
      const limit = appetite(laneOf(webhookId));
      if (limit > 0) yield { webhookId, limit };
    }
  }

  /** Takes on what the webhook wants of its own. */
  function follow(lane: Lane, target: Target | null): void {
    lane.target = target;
    lane.cap = Math.min(target?.concurrency ?? eachAtOnce, allAtOnce);
    lane.window = Math.min(lane.window, lane.cap);
  }

  function hold(webhookId: string): Claimed[] {
    const lane = lanes.get(webhookId);
    if (!lane) return [];
    lane.target = null;
    return lane.ready.splice(0);
  }

  return {
    inFlight: () => inFlight,

    mayHaveMore(webhookIds: Iterable<string>): void {
      for (const id of webhookIds) hungry.add(id);
    },

    isHungry: () => !open().next().done,

    /** Something is claimed and not yet sent, and none that may have more due is about to run out. */
    haveStock(): boolean {
      for (const webhookId of hungry) if (isLow(laneOf(webhookId))) return false;
      for (const lane of lanes.values()) if (lane.ready.length > 0) return true;
      return false;
    },

    /** What to claim now. Whoever becomes hungry while that is under way is asked again. */
    wants(): Want[] {
      const wants: Want[] = [];
      for (const want of open()) {
        wants.push(want);
        if (wants.length === lanesATime) break;
      }
      for (const { webhookId } of wants) hungry.delete(webhookId);
      const most = Math.ceil(deliveriesATime / wants.length);
      return wants.map(({ webhookId, limit }) => ({ webhookId, limit: Math.min(limit, most) }));
    },

    /** Takes in what was claimed. Returns what must be given back: its webhook was paused, disabled or deleted. */
    accept(wants: Want[], targets: Map<string, Target>, claimed: Claimed[], at: number): Claimed[] {
      const counts = new Map<string, number>();
      for (const one of claimed) {
        laneOf(one.webhookId).ready.push(one);
        counts.set(one.webhookId, (counts.get(one.webhookId) ?? 0) + 1);
      }
      return wants.flatMap(({ webhookId, limit }) => {
        const lane = laneOf(webhookId);
        follow(lane, targets.get(webhookId) ?? null);
        const hasMore = counts.get(webhookId) === limit && !lane.target?.probe;
        if (hasMore) hungry.add(webhookId);
        if (isForgettable(lane, at) && !hungry.has(webhookId)) lanes.delete(webhookId);
        return lane.target ? [] : hold(webhookId);
      });
    },

    /** Nothing more is sent to this webhook. Returns what was claimed for it. */
    hold,

    /** Nothing is under way to it, and its pace would let the next go. */
    isQuiet(webhookId: string, at: number): boolean {
      const lane = lanes.get(webhookId);
      return !lane || (lane.inFlight === 0 && lane.ready.length === 0 && lane.due <= at);
    },

    /** All that was claimed and not sent. */
    releaseAll: (): Claimed[] => [...lanes.keys()].flatMap(hold),

    /**
     * Calls `begin` for each delivery that may be sent now, one of each webhook in turn; its promise ends when the
     * attempt has. Returns when (ms) one may be sent that only waits for its webhook's pace; null if there is none.
     */
    send(begin: (lane: Lane, target: Target, claimed: Claimed) => Promise<void>, at: number): number | null {
      // However much hangs, the rest goes on: what failed or was slow shares half of all places, and leaves some of
      // three quarters to what nobody knows yet.
      const most = { doubtful: Math.max(1, allAtOnce >> 1), unproven: Math.max(1, (allAtOnce * 3) >> 2) };
      const taken = { doubtful: 0, unproven: 0 };
      const count = (lane: Lane, places: number) => {
        if (!isProven(lane)) taken.unproven += places;
        if (isDoubtful(lane)) taken.doubtful += places;
      };
      const hasPlaceFor = (lane: Lane) =>
        isProven(lane) ||
        (taken.unproven < most.unproven && (!isDoubtful(lane) || taken.doubtful < most.doubtful));
      let next: number | null = null;
      for (const lane of lanes.values()) count(lane, lane.inFlight);
      for (const [id, lane] of lanes) {
        if (inFlight >= allAtOnce) break;
        if (!lane.target || lane.ready.length === 0 || lane.inFlight >= lane.window) continue;
        if (!hasPlaceFor(lane)) continue;
        const start = nextStart(lane, at);
        if (start > at) {
          next = Math.min(start, next ?? start);
          continue;
        }
        count(lane, 1);
        noteStart(lane, at);
        lane.inFlight++;
        inFlight++;
        begin(lane, lane.target, lane.ready.shift()!).finally(() => {
          lane.inFlight--;
          inFlight--;
        });
        // To the end of the line, where this loop meets it again.
        lanes.delete(id);
        lanes.set(id, lane);
      }
      return next;
    },
  };
}
