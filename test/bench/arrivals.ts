import { startChild } from '../support/child.js';
import type { Arrived } from './arrivalsProcess.js';

/** A receiver in a process of its own. With `keeps` it keeps what it gets. */
export async function startArrivals({ keeps = false } = {}) {
  const child = startChild(new URL('./arrivalsProcess.js', import.meta.url), { keeps });
  const { port } = await child.next<{ port: number }>();
  return {
    url: `http://127.0.0.1:${port}`,

    /** From now on counts to this; the promise within ends when so many different ones have arrived. */
    async expect(count: number): Promise<{ all: () => Promise<void> }> {
      child.tell({ expect: count });
      await child.next();
      return { all: () => child.next<void>() };
    },

    /** What has arrived, once all have. */
    async ask(): Promise<Arrived> {
      child.tell({ ask: true });
      return child.next<Arrived>();
    },

    stop: child.stop,
  };
}
