import type { Knex } from 'knex';
import type { Deps } from '../deps.js';
import { messageStore } from './messages.js';

/** For how long an answer is this process's to give before another one may, in ms; it is renewed until it is given. */
export const replyLease = 30_000;
const renewal = 10_000;

/** `until` is both: when the lease ends, and the token that proves it. While it is renewed, it has two. */
type Lease = { conversationId: string; until: number[]; isSettling: boolean };

/** The answers that this process is to give. `lost` is called with the conversation of one that is no longer so. */
export function owedAnswers(
  { db, clock, log }: Pick<Deps, 'db' | 'clock' | 'log'>,
  lost: (conversationId: string) => void,
) {
  const leases = new Map<string, Lease>();
  let timer: NodeJS.Timeout | undefined;

  async function renewAll(): Promise<void> {
    for (const [id, lease] of leases) await renew(id, lease);
  }

  async function renew(id: string, lease: Lease): Promise<void> {
    const [dueAt] = lease.until;
    const until = clock() + replyLease;
    if (lease.isSettling || dueAt === undefined || until <= dueAt) return;
    lease.until.push(until);
    const { conversationId } = lease;
    if (await messageStore(db).takeDue({ id, conversationId, dueAt }, until)) lease.until.shift();
    else if (!lease.isSettling && leases.has(id)) {
      lease.until = [];
      lost(conversationId);
    }
  }

  function keep(): void {
    timer ??= setInterval(() => {
      renewAll().catch((error) => log.warn({ err: error }, 'the lease of an answer could not be renewed'));
    }, renewal).unref();
  }

  /** It was given, or is left to whoever finds it when the lease has ended. */
  function remove(id: string): void {
    leases.delete(id);
    if (leases.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  const untilOf = (id: string) => leases.get(id)?.until ?? [];

  return {
    has: (id: string) => leases.has(id),

    add(id: string, conversationId: string, until: number): void {
      leases.set(id, { conversationId, until: [until], isSettling: false });
      keep();
    },

    remove,

    isOurs: (connection: Knex, id: string) => messageStore(connection).isDue(id, untilOf(id)),

    /** True if it was this process's to give; from the commit on nobody owes it. */
    async settle(tx: Knex, id: string): Promise<boolean> {
      const lease = leases.get(id);
      if (lease) lease.isSettling = true;
      return messageStore(tx).settleDue(id, untilOf(id));
    },

    /** Others may give it at once. */
    async giveBack(id: string): Promise<void> {
      const until = untilOf(id);
      remove(id);
      try {
        await messageStore(db).giveDueBack(id, until);
      } catch (error) {
        log.warn({ err: error }, 'an answer could not be left to others before its lease ends');
      }
    },
  };
}
