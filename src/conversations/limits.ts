import { createHash, createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Knex } from 'knex';
import { lock } from '../databases/lock.js';
import { TooMany } from '../errors.js';
import type { Vault } from '../vault.js';
import { messageStore } from './messages.js';

/** What one visitor, or one network address, may do. */
export const visitorLimits = {
  messagesAMinute: 20,
  escalationsAnHour: 5,
  startsAMinute: 20,
  /** Conversations of one address in which something was written in the last half hour. */
  open: 50,
  streams: 8,
};

export type VisitorLimits = typeof visitorLimits;

const minute = 60_000;
const idle = 30 * minute;
const day = 24 * 60 * minute;

/** Counted in the database, in the transaction of what is limited: exact, over restarts and processes. */
export function limiter(tx: Knex, limits: VisitorLimits) {
  async function perConversation(
    conversationId: string,
    which: { sender: 'visitor' | 'system'; kind?: string },
    { most, within, what }: { most: number; within: number; what: string },
    at: number,
  ): Promise<void> {
    const since = await messageStore(tx).timeOfLast(conversationId, most, which);
    const wait = since === null ? 0 : waitOf(since, within, at);
    if (wait > 0) refuse(`At most ${most} ${what}`, wait);
  }

  return {
    message: (conversationId: string, at: number) =>
      perConversation(
        conversationId,
        { sender: 'visitor' },
        { most: limits.messagesAMinute, within: minute, what: 'messages a minute' },
        at,
      ),

    escalation: (conversationId: string, at: number) =>
      perConversation(
        conversationId,
        { sender: 'system', kind: 'escalated' },
        { most: limits.escalationsAnHour, within: 60 * minute, what: 'requests for a human an hour' },
        at,
      ),

    /** Call it after the insert of a conversation: that one is counted too. */
    async start(addressHash: string, at: number): Promise<void> {
      await lock(tx, `conversations of ${addressHash}`);
      const ofAddress = () => tx('conversations').where({ address_hash: addressHash });
      const started = await ofAddress()
        .orderBy('created_at', 'desc')
        .offset(limits.startsAMinute)
        .first('created_at');
      const wait = started ? Number(started.created_at) + minute - at : 0;
      if (wait > 0)
        refuse(`At most ${limits.startsAMinute} new conversations a minute from one address`, wait);
      const open = await ofAddress()
        .where('created_at', '>', at - day)
        .where('last_message_at', '>', at - idle)
        .orderBy('last_message_at', 'desc')
        .offset(limits.open)
        .first('last_message_at');
      const longWait = open ? waitOf(Number(open.last_message_at), idle, at) : 0;
      if (longWait > 0) refuse(`At most ${limits.open} open conversations from one address`, longWait);
    },
  };
}

/** What was written in the future was written before the clock was set back: nobody waits for that. */
const waitOf = (since: number, within: number, at: number) => (since > at ? 0 : since + within - at);

/** Addresses are kept, as hashes, for as long as they are counted. Returns how many were forgotten. */
export function forgetAddresses(db: Knex, at: number): Promise<number> {
  return db('conversations')
    .whereNotNull('address_hash')
    .where('created_at', '<=', at - day)
    .update({ address_hash: null });
}

function refuse(what: string, waitMs: number): never {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  throw new TooMany(`${what}: try again in ${seconds} s`, seconds);
}

/** Stands for a visitor's network without telling it: IPv4 addresses, and of IPv6 the /64 that one customer has. */
export function addressHasher(vault: Pick<Vault, 'derive'>): (ip: string | undefined) => string {
  const key = vault.derive('visitor addresses');
  return (ip) =>
    createHmac('sha256', key)
      .update(networkOf(ip ?? ''))
      .digest('hex')
      .slice(0, 32);
}

function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString();
}

/** What is kept of a visitor's token. */
export const tokenHash = (token: string) => createHash('sha256').update(token).digest('hex');
