import type { House } from './house.js';

export type Load = {
  /** The events that were acknowledged, and when (ms). */
  acknowledged: Map<string, number>;
  /** How often each status came instead; 0: no answer. */
  refused: Map<number, number>;
  stop: () => Promise<void>;
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes things happen: by so many callers at once, altogether at most so often a second. */
export function startLoad(house: House, { callers = 4, perSecond = 150 } = {}): Load {
  const acknowledged = new Map<string, number>();
  const refused = new Map<number, number>();
  const gap = (1000 * callers) / perSecond;
  let isOver = false;

  async function call(): Promise<void> {
    while (!isOver) {
      const next = performance.now() + gap;
      const answer = await house.happen();
      if (typeof answer === 'string') acknowledged.set(answer, Date.now());
      else refused.set(answer, (refused.get(answer) ?? 0) + 1);
      await pause(Math.max(1, next - performance.now()));
    }
  }

  const calls = Array.from({ length: callers }, call);
  return {
    acknowledged,
    refused,
    async stop() {
      isOver = true;
      await Promise.all(calls);
    },
  };
}
