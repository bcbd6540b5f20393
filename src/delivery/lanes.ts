import type { Claimed, Want } from '../outbox/claim.js';
import type { Target } from '../webhooks/target.js';
import { appetite, isProven, type Lane, newLane } from './lane.js';

const lanesATime = 64;

export type Lanes = ReturnType<typeof createLanes>;

/** The webhooks that this process delivers to: which want more, what was claimed for them, and whose turn it is. */
export function createLanes({ eachAtOnce, allAtOnce }: { eachAtOnce: number; allAtOnce: number }) {
  const lanes = new Map<string, Lane>();
  /** Webhooks that may have more due than was claimed; those that had their turn are at the end. */
  const hungry = new Set<string>();
  let inFlight = 0;

  function laneOf(webhookId: string): Lane {
    const lane = lanes.get(webhookId) ?? newLane();
    lanes.set(webhookId, lane);
    return lane;
  }

  function* open(): Generator<Want> {
    for (const webhookId of hungry) {
      const limit = appetite(laneOf(webhookId), eachAtOnce);
      if (limit > 0) yield { webhookId, limit };
    }
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

    /** What to claim now. Whoever becomes hungry while that is under way is asked again. */
    wants(): Want[] {
      const wants: Want[] = [];
      for (const want of open()) {
        wants.push(want);
        if (wants.length === lanesATime) break;
      }
      for (const { webhookId } of wants) hungry.delete(webhookId);
      return wants;
    },

    /** Takes in what was claimed. Returns what must be given back: its webhook was paused, disabled or deleted. */
    accept(wants: Want[], targets: Map<string, Target>, claimed: Claimed[]): Claimed[] {
      const counts = new Map<string, number>();
      for (const one of claimed) {
        laneOf(one.webhookId).ready.push(one);
        counts.set(one.webhookId, (counts.get(one.webhookId) ?? 0) + 1);
      }
      return wants.flatMap(({ webhookId, limit }) => {
        const lane = laneOf(webhookId);
        lane.target = targets.get(webhookId) ?? null;
        if (counts.get(webhookId) === limit) hungry.add(webhookId);
        const isIdle = lane.inFlight === 0 && lane.ready.length === 0 && lane.window === 1;
        if (isIdle && !hungry.has(webhookId)) lanes.delete(webhookId);
        return lane.target ? [] : hold(webhookId);
      });
    },

    /** Nothing more is sent to this webhook. Returns what was claimed for it. */
    hold,

    /** All that was claimed and not sent. */
    releaseAll: (): Claimed[] => [...lanes.keys()].flatMap(hold),

    /** Calls `begin` for each delivery that may be sent now; its promise ends when the attempt has. */
    send(begin: (lane: Lane, target: Target, claimed: Claimed) => Promise<void>): void {
      // What has not shown that it answers quickly shares half of all places: however much hangs, the rest goes on.
      const unprovenPlaces = Math.max(1, allAtOnce >> 1);
      let unproven = 0;
      for (const lane of lanes.values()) if (!isProven(lane)) unproven += lane.inFlight;
      for (const lane of lanes.values()) {
        while (lane.target && lane.ready.length > 0 && lane.inFlight < lane.window && inFlight < allAtOnce) {
          if (!isProven(lane) && ++unproven > unprovenPlaces) break;
          lane.inFlight++;
          inFlight++;
          begin(lane, lane.target, lane.ready.shift()!).finally(() => {
            lane.inFlight--;
            inFlight--;
          });
        }
      }
    },
  };
}
