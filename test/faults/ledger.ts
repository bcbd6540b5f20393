import { startChild } from '../support/child.js';
import type { Account, Order } from './ledgerProcess.js';

export type Ledger = Awaited<ReturnType<typeof startLedger>>;

/** A receiver that keeps account, in a process of its own. */
export async function startLedger() {
  const child = startChild(new URL('./ledgerProcess.js', import.meta.url), { port: 0 });
  const { port } = await child.next<{ port: number }>();
  let turn: Promise<unknown> = Promise.resolve();

  /** One after another, so that each has its own answer. */
  function ask<T>(order: Order): Promise<T> {
    const answer = turn.then(() => {
      child.tell(order);
      return child.next<T>();
    });
    turn = answer.catch(() => undefined);
    return answer;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    /** Kills the sender in the `at`-th request from now on: before its answer, or right after. */
    kill: (pid: number, at: number, when: 'asked' | 'answered') => ask({ kill: { pid, at, when } }),
    /** Away, it answers 503. */
    away: (away: boolean) => ask({ away }),
    /** So many ms to each answer. */
    takes: (takes: number) => ask({ takes }),
    /** How many events it has taken. */
    taken: async () => (await ask<{ taken: number }>({ ask: 'count' })).taken,
    account: () => ask<Account>({ ask: 'account' }),
    stop: child.stop,
  };
}
